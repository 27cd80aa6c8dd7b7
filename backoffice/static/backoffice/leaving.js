/* Asks before a page is left on which somebody typed something: a form of the panel that is neither sent nor as it was.
   What the scripts of the page fill in by themselves until it is loaded is not typed; what somebody does on a slow
   network until then is. A form with data-typed holds what was typed on a page before and is nowhere else. One with
   data-leave is left without a question: ticks of a list, and what a script sends. One with data-file leaves nothing.
   Nothing typed is sent to a panel that does not answer, nor before it is kept there: the browser would put a page of its
   own in the place of this one. */
(() => {
  const POSTED = "main form[method=post]";
  const FORMS = `${POSTED}:not([data-leave])`;
  const { src, dataset: words } = document.currentScript;
  let before = new Map();
  let sent = null; // the form; what is typed in another one of the page is still lost with it
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

  // Whoever comes back to a page sees what it says by now. A browser would put back what stood in the fields, whatever
  // others or one oneself saved since, and nothing where a row was looked up; ticks of a list by their places, whatever
  // rows stand there by now; and would write all of it to the disk.
  for (const form of document.querySelectorAll("main form")) form.autocomplete = "off";

  const early = new Set([...document.querySelectorAll(FORMS)].filter((form) => [...form.elements].some(isChanged)));
  const note = (event) => event.isTrusted && event.target.form && early.add(event.target.form);
  document.addEventListener("input", note);
  document.addEventListener("change", note);

  window.addEventListener("load", () => setTimeout(() => {
    document.removeEventListener("input", note);
    document.removeEventListener("change", note);
    before = new Map([...document.querySelectorAll(FORMS)].map((form) => [form, early.has(form) || "typed" in form.dataset ? "" : said(form)]));
    // A page that comes back with errors holds what was typed and is nowhere else; passwords do not come back.
    if (document.querySelector(".bo-errors[role=alert]"))
      for (const form of before.keys()) if (!form.querySelector("[type=password]")) before.set(form, "");
  }));

  // What would be lost is sent to a panel that answers, which keeps it until it has come: what is sent may be lost on its
  // way, and this page with it. What is secret is not kept. A browser on the panel's own computer says that it is
  // offline, too, when there is no other one.
  const PATIENCE = 10_000; // ms
  const TAB = "backoffice.tab";
  const warning = document.createElement("p");
  Object.assign(warning, { className: "bo-warning", role: "alert", tabIndex: -1 });
  let asking = false;
  let answers = false;
  const isBusy = (detail) => document.dispatchEvent(new CustomEvent("bo:busy", { detail }));
  const warn = (form, text) => {
    warning.textContent = text;
    form.prepend(warning);
    warning.focus();
  };
  const tab = () => {
    try {
      return (sessionStorage[TAB] ??= Math.random().toString(36));
    } catch {
      return String(performance.timeOrigin); // a browser that keeps nothing: each page counts for itself
    }
  };
  const ask = (url, options) =>
    fetch(url, { cache: "no-store", headers: { Accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE), ...options })
      .then(({ status }) => status < 500, () => false);
  function answered(form, submitter) {
    const to = new URL(submitter?.getAttribute("formaction") || form.getAttribute("action") || "", location.href);
    if (form.querySelector("[type=password]") || to.origin !== location.origin)
      return ask(document.getElementById("bo-session")?.dataset.url ?? src);
    const body = new FormData();
    for (const [name, value] of new FormData(form, submitter))
      if (typeof value === "string") body.append(name, value);
      else if (value.name) body.append(name, new File([], value.name));
    return ask(`${words.keep}?${new URLSearchParams({ to: to.pathname + to.search, tab: tab() })}`, { method: "POST", body });
  }
  document.addEventListener("submit", async (event) => {
    const { target: form, submitter } = event;
    if (event.defaultPrevented || answers || !form.matches(POSTED) || (navigator.onLine && !isHeld(form))) return;
    event.preventDefault();
    if (asking) return;
    warning.remove();
    if (sent === form) {
      sent = null;
      warn(form, words.sent);
      return;
    }
    asking = true;
    isBusy(true);
    answers = await answered(form, submitter);
    isBusy(false);
    if (answers) form.requestSubmit(submitter);
    else warn(form, words.unsent);
    asking = answers = false;
  });
  window.addEventListener("online", () => warning.remove());

  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || !before.has(event.target)) return;
    brings = "file" in event.target.dataset;
    if (!brings) sent = event.target;
  });
  window.addEventListener("click", () => { brings = false; }, true);
  // A browser that keeps the whole page shows what was sent as if it was still to be.
  window.addEventListener("pagehide", () => {
    if (sent) window.addEventListener("pageshow", () => location.reload(), { once: true });
  });
  window.addEventListener("beforeunload", (event) => {
    if (!isTyped()) return;
    event.preventDefault();
    sent = null; // who stays has not sent it
  });
})();
