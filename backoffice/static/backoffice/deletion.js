// The delete page: the red button waits for the words to be typed, and goes while another answer was not shown yet.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const choices = document.querySelector(".bo-choices");
  const danger = document.querySelector(".bo-danger");
  const typed = document.getElementById("deletion-typed");
  const folded = (text) => text.normalize("NFKC").toLowerCase().trim().split(/\s+/).join(" ");
  const digits = (text) => text.replace(/\D/g, "");
  const answers = () => (choices ? new URLSearchParams(new FormData(choices)).toString() : "");

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

  typed?.addEventListener("input", show);
  if (choices) {
    choices.reset(); // the browser keeps answers that were not shown when the page is loaded again
    choices.dataset.shown = answers();
    choices.addEventListener("change", show);
    // select2 tells jQuery alone.
    window.django?.jQuery(choices).on("change", "select", show);
  }
  window.addEventListener("pageshow", show);
  show();
});
