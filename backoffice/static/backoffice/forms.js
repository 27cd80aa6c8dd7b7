/* Names and focus for the fields that scripts put in place of Django's: Select2 boxes and the two-list selector. */
(() => {
  function nameBox(select) {
    const box = select.nextElementSibling?.querySelector("[role=combobox]");
    const label = select.labels?.[0];
    const name = select.getAttribute("aria-label");
    if (!box || !(label || name) || select.dataset.named) return;
    select.dataset.named = "yes";
    const shown = box.querySelector(".select2-selection__rendered");
    shown.removeAttribute("role"); // a text box in a combo box would need a name of its own
    shown.removeAttribute("aria-readonly");
    if (name) {
      box.setAttribute("aria-label", name);
      box.removeAttribute("aria-labelledby");
    } else {
      label.id ||= `${select.id}_label`;
      box.setAttribute("aria-labelledby", `${label.id} ${shown.id}`.trim());
    }
    for (const name of ["aria-describedby", "aria-invalid"])
      if (select.hasAttribute(name)) box.setAttribute(name, select.getAttribute(name));
    select.addEventListener("focus", () => box.focus());
  }

  function mend() {
    document.querySelectorAll("select.select2-hidden-accessible").forEach(nameBox);
    for (const icon of document.querySelectorAll(".selector .help-tooltip")) icon.setAttribute("role", "img");
  }

  // Django sets Select2 up in a callback of jQuery's and the two lists on load; both were registered before these.
  window.django?.jQuery?.(mend);
  window.addEventListener("load", mend);
  window.addEventListener("bo:later", mend);
  document.addEventListener("formset:added", () => setTimeout(mend));
})();
