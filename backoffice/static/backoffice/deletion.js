// The delete page: the red button waits for the words to be typed, and goes while another answer was not shown yet.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const choices = document.querySelector(".bo-choices");
  const danger = document.querySelector(".bo-danger");
  const typed = document.getElementById("deletion-typed");
  const folded = (text) => text.normalize("NFKC").toLowerCase().trim().split(/\s+/).join(" ");
  const digits = (text) => text.replace(/\D/g, "");
  const answered = () => [...choices.querySelectorAll("input:checked, select")];
  const answers = () => (choices ? answered().map((field) => `${field.name}=${field.value}`).join("&") : "");

  function isTyped() {
    if (!typed) return true;
    const words = typed.dataset.words;
    return /^\d+$/.test(words) ? digits(typed.value) === words : folded(typed.value) === folded(words);
  }

  function show() {
    const stale = choices ? answers() !== choices.dataset.shown : false;
    if (danger) danger.disabled = stale || !isTyped();
    if (!choices) return;
    choices.querySelectorAll(".bo-choice-target").forEach((target) => {
      target.hidden = !target.closest("fieldset").querySelector("[value=move]").checked;
    });
    choices.querySelector("[role=status]").textContent = stale ? choices.dataset.stale : "";
    const button = choices.querySelector("[type=submit]");
    button.classList.toggle("bo-primary", stale);
    button.classList.toggle("bo-neutral", !stale);
  }

  // As the page says it.
  function shown() {
    const stated = ({ options }) => ([...options].find((option) => option.defaultSelected) ?? options[0])?.value ?? "";
    return [...choices.querySelectorAll("input, select")]
      .filter((field) => field.options || field.defaultChecked)
      .map((field) => `${field.name}=${field.options ? stated(field) : field.value}`)
      .join("&");
  }

  // The browser keeps answers that were not shown when the page is loaded again.
  function reset() {
    choices.querySelectorAll("[type=radio]").forEach((field) => (field.checked = field.defaultChecked));
    choices.querySelectorAll("option").forEach((field) => (field.selected = field.defaultSelected));
  }

  // Enter presses the button that stands beside the field.
  function press(event, button) {
    if (event.key !== "Enter" || !button) return;
    event.preventDefault();
    if (!button.disabled) button.click();
  }

  typed?.addEventListener("input", show);
  [typed, document.getElementById("deletion-reason")].forEach((field) =>
    field?.addEventListener("keydown", (event) => press(event, danger)),
  );
  document.querySelectorAll("[role=search] input").forEach((field) =>
    field.addEventListener("keydown", (event) => press(event, field.parentElement.querySelector("button"))),
  );
  if (choices) {
    if (!navigator.userActivation?.hasBeenActive) reset(); // else somebody was quicker than a slow network
    choices.dataset.shown = shown();
    choices.addEventListener("change", show);
    // select2 tells jQuery alone.
    window.django?.jQuery(choices).on("change", "select", show);
  }
  window.addEventListener("pageshow", show);
  show();
});
