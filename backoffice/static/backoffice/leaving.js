/* Asks before a page is left on which somebody typed something: a form of the panel that is neither sent nor as it was.
   What the scripts of the page fill in by themselves until it is loaded is not typed; what somebody does on a slow
   network until then is. A form with data-typed holds what was typed on a page before and is nowhere else. One with
   data-leave is left without a question: ticks of a list, and what a script sends. One with data-file leaves nothing.
   Nothing typed is sent to a panel that does not answer: the browser would put a page of its own in the place of this one. */
(() => {
  const POSTED = "main form[method=post]";
  const FORMS = `${POSTED}:not([data-leave])`;
  const { src, dataset: words } = document.currentScript;
  let before = new Map();
  let sent = null; // what is typed in another form of the page is still lost with it
  let brings = false; // the page stays, though the browser asks as if it was left

  const said = (form) =>
    JSON.stringify(
      [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken").map(([name, value]) => [name, value.name ?? value])
    );
  const isHeld = (form) => before.has(form) && said(form) !== before.get(form);
  const isTyped = () => !brings && [...before.keys()].some((form) => form !== sent && form.isConnected && isHeld(form));

  // As the browser makes of it what the page says: without line breaks in one line, say.
  const asSaid = (control) => Object.assign(control.cloneNode(), { value: control.defaultValue }).value;
  const isChosen = ({ options, selectedIndex, multiple }) => {
    const chosen = [...options].filter((option) => option.defaultSelected);
    if (!chosen.length && !multiple) return selectedIndex > 0;
    return [...options].some((option) => option.selected !== option.defaultSelected);
  };
  const isChanged = (control) => {
    if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
    if (control.type === "file") return control.files.length > 0;
    if (control.tagName === "SELECT") return isChosen(control);
    return control.matches("input:not([type=hidden]), textarea") && control.value !== asSaid(control);
  };

  // Whoever comes back to a page gets from the browser what stood in its fields, also where the page says something else
  // by now: what others saved meanwhile, or what one saved oneself, in rows that moved. It shows what the page says.
  const stated = (control) => {
    if (control.type === "checkbox" || control.type === "radio") return control.defaultChecked;
    if (control.options) return [...control.options].filter((option) => option.defaultSelected).map((option) => option.value);
    return control.defaultValue;
  };
  const isOfTheRow = ({ name }) => name && !name.startsWith("_") && name !== "csrfmiddlewaretoken";
  const forms = [...document.querySelectorAll(POSTED)];
  // A browser may write it to the disk: a number from which no text can be read (64 bits, FNV-1a).
  const digest = (text) => {
    let number = 0xcbf29ce484222325n;
    for (const byte of new TextEncoder().encode(text)) number = BigInt.asUintN(64, (number ^ BigInt(byte)) * 0x100000001b3n);
    return number.toString(16);
  };
  const stands = JSON.stringify(forms.map((form) => [...form.elements].filter(isOfTheRow).map((each) => [each.name, stated(each)])));
  const says = digest(stands);
  const saidThen = history.state?.says;
  const isOther = saidThen !== undefined && saidThen !== says;
  const sayAnew = () => {
    for (const form of forms) {
      form.reset();
      for (const select of form.querySelectorAll("select")) select.dispatchEvent(new Event("change", { bubbles: true }));
    }
  };
  if (forms.length) history.replaceState({ ...history.state, says }, "");

  const early = new Set([...document.querySelectorAll(FORMS)].filter((form) => [...form.elements].some(isChanged)));
  const note = (event) => event.isTrusted && event.target.form && early.add(event.target.form);
  document.addEventListener("input", note);
  document.addEventListener("change", note);

  window.addEventListener("load", () => setTimeout(() => {
    document.removeEventListener("input", note);
    document.removeEventListener("change", note);
    if (isOther && !early.size) sayAnew();
    before = new Map([...document.querySelectorAll(FORMS)].map((form) => [form, early.has(form) || "typed" in form.dataset ? "" : said(form)]));
    // A page that comes back with errors holds what was typed and is nowhere else; passwords do not come back.
    if (document.querySelector(".bo-errors[role=alert]"))
      for (const form of before.keys()) if (!form.querySelector("[type=password]")) before.set(form, "");
  }));

  // What would be lost is sent to a panel that answers. A browser on the panel's own computer says that it is offline,
  // too, when there is no other one.
  const PATIENCE = 10_000; // ms
  const unsent = document.createElement("p");
  Object.assign(unsent, { className: "bo-warning", role: "alert", tabIndex: -1 });
  let asking = false;
  let answers = false;
  const isBusy = (detail) => document.dispatchEvent(new CustomEvent("bo:busy", { detail }));
  const answered = () =>
    fetch(document.getElementById("bo-session")?.dataset.url ?? src, {
      cache: "no-store",
      headers: { Accept: "application/json" },
      signal: AbortSignal.timeout(PATIENCE),
    }).then(({ status }) => status < 500, () => false);
  document.addEventListener("submit", async (event) => {
    const { target: form, submitter } = event;
    if (event.defaultPrevented || answers || !form.matches(POSTED) || (navigator.onLine && !isHeld(form))) return;
    event.preventDefault();
    if (asking) return;
    asking = true;
    unsent.remove();
    isBusy(true);
    answers = await answered();
    isBusy(false);
    if (answers) form.requestSubmit(submitter);
    else {
      unsent.textContent = words.unsent;
      form.prepend(unsent);
      unsent.focus();
    }
    asking = answers = false;
  });
  window.addEventListener("online", () => unsent.remove());

  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || !before.has(event.target)) return;
    brings = "file" in event.target.dataset;
    if (!brings) sent = event.target;
  });
  window.addEventListener("click", () => { brings = false; }, true);
  window.addEventListener("pageshow", () => { sent = null; });
  window.addEventListener("beforeunload", (event) => {
    if (isTyped()) event.preventDefault();
  });
})();
