/* Names and focus for the fields that scripts put in place of Django's: Select2 boxes and the two-list selector; and
   what a field holds, as text for the printer; and boxes that tick themselves. */
(() => {
  const words = (name) => name.trim().replace(/:$/, "");

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
    select.dispatchEvent(new CustomEvent("bo:lookup", { bubbles: true, detail: words(name ?? label.textContent) }));
  }

  const FIELD = "input:not([type=hidden], :disabled), select:not(:disabled), textarea:not(:disabled)";
  const rowsOf = (group) => [...group.querySelectorAll("tr.form-row:not(.empty-form)")];
  let neighbour = null; // of a row of an inline that goes: where the focus goes then

  // Django lets the focus stay below a new row, and fall to the page's beginning when a row goes.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".inline-deletelink");
    if (!link) return;
    const group = link.closest(".inline-group");
    const rows = rowsOf(group);
    const at = rows.indexOf(link.closest("tr"));
    const beside = rows[at + 1] ?? rows[at - 1];
    neighbour = () => beside?.querySelector(FIELD) ?? group.querySelector(".add-row a");
  }, true);
  document.addEventListener("formset:removed", () => setTimeout(() => neighbour?.()?.focus()));

  // A button between the two lists is disabled once it has moved what was marked: by keyboard, on with the list it took from.
  document.addEventListener("click", ({ target, detail }) => setTimeout(() => {
    if (detail || !target.matches?.(".selector button:disabled")) return;
    const list = target.matches(".selector-add, .selector-chooseall") ? ".selector-available" : ".selector-chosen";
    target.closest(".selector").querySelector(`${list} select`).focus();
  }));

  function mend() {
    tellBusy();
    document.querySelectorAll("select.select2-hidden-accessible").forEach(nameBox);
    for (const icon of document.querySelectorAll(".selector .help-tooltip")) icon.setAttribute("role", "img");
  }

  // Django's scripts ask for nothing but what Select2 looks up.
  function tellBusy() {
    const jquery = window.django?.jQuery;
    if (!jquery || document.body.dataset.tellsBusy) return;
    document.body.dataset.tellsBusy = "yes";
    jquery(document).on("ajaxStart ajaxStop", ({ type }) =>
      document.dispatchEvent(new CustomEvent("bo:busy", { detail: type === "ajaxStart" })));
  }

  // Django sets Select2 up in a callback of jQuery's and the two lists on load; both were registered before these.
  window.django?.jQuery?.(mend);
  window.addEventListener("load", mend);
  window.addEventListener("bo:later", mend);
  document.addEventListener("formset:added", (event) => setTimeout(() => {
    mend();
    event.target.querySelector(FIELD)?.focus();
  }));

  // What looks rows up, where it was not sent with the page: with the first touch or key. Select2 wants jQuery by its own name.
  const lookups = document.querySelector("meta[name=bo-lookups]");
  let wanted = null; // the field that is to be opened then, instead of the list that the browser has of it
  function fetchLookups() {
    if (!lookups.isConnected) return;
    lookups.remove();
    window.jQuery = window.django.jQuery;
    const isBusy = (detail) => document.dispatchEvent(new CustomEvent("bo:busy", { detail }));
    let script;
    for (const src of lookups.content.split(" ")) {
      script = Object.assign(document.createElement("script"), { src, async: false });
      document.head.append(script);
    }
    isBusy(true);
    for (const end of ["load", "error"]) script.addEventListener(end, () => isBusy(false));
    script.addEventListener("load", () => window.django.jQuery(() => {
      delete window.jQuery;
      document.removeEventListener("mousedown", want, true);
      mend();
      const field = wanted ?? document.activeElement;
      if (!field.matches(".select2-hidden-accessible")) return;
      field.blur();
      field.focus();
      if (wanted) window.django.jQuery(wanted).select2("open");
    }));
  }
  function want(event) {
    if (!event.target.matches(".admin-autocomplete")) return;
    event.preventDefault();
    wanted = event.target;
  }
  if (lookups) {
    for (const type of ["pointerdown", "keydown"]) document.addEventListener(type, fetchLookups, true);
    document.addEventListener("mousedown", want, true);
  }

  // A field with data-ticks is sent only where that box is ticked: whoever gives it a value, or clears it, wants that.
  // What Select2 chooses it says to jQuery alone.
  const isGiven = ({ type, checked, value }) => type === "checkbox" ? checked : value !== "";
  function tick({ target }) {
    const { ticks } = target.dataset;
    if (ticks) document.getElementById(ticks).checked = [...document.querySelectorAll(`[data-ticks=${ticks}]`)].some(isGiven);
  }
  document.addEventListener("input", tick);
  window.django?.jQuery?.(document).on("change", "select", tick);

  const TEXTS = "textarea, select, input:is([type=text], [type=email], [type=tel], [type=url], [type=number], [type=date], [type=time])";

  // A field cuts off what is long, and says "mm/dd/yyyy" or "---------" where there is nothing.
  function inWords(field) {
    if (field.tagName === "SELECT")
      return [...field.selectedOptions].filter((option) => option.value).map((option) => option.text.trim()).join(", ");
    if (field.type === "date" && field.value)
      return field.valueAsDate.toLocaleDateString(document.documentElement.lang, { dateStyle: "medium", timeZone: "UTC" });
    if (field.type === "number" && field.value)
      return field.valueAsNumber.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 20 });
    return field.value;
  }

  let unfolded = [];

  function wipe() {
    document.querySelectorAll(".bo-printed").forEach((text) => text.remove());
    for (const part of unfolded) part.open = false;
    unfolded = [];
  }

  window.addEventListener("beforeprint", () => {
    wipe();
    unfolded = [...document.querySelectorAll("main form[method=post] details:not([open])")];
    for (const part of unfolded) part.open = true;
    for (const field of document.querySelectorAll(`main form[method=post] :is(${TEXTS})`)) {
      const text = document.createElement("span");
      text.className = "bo-printed";
      text.textContent = inWords(field);
      field.after(text);
    }
  });
  window.addEventListener("afterprint", wipe);
})();
