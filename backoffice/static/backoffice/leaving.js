/* Asks before a page is left on which somebody typed something: a form of the panel that is neither sent nor as it was.
   What the scripts of the page fill in by themselves until it is loaded is not typed; what somebody does on a slow
   network until then is: this script runs before there is a form. One with data-typed holds what was typed on a page
   before and is nowhere else. One with data-leave is left without a question: ticks of a list, and what a script sends.
   One with data-file leaves nothing. Filters of a list that were chosen are asked about until they are applied; sorting
   applies them. A word to search for alone is not.
   Nothing typed is sent to a panel that does not answer, nor before it is kept there: the browser would put a page of its
   own in the place of this one. Nor is it sent by another account than it was typed with. */
(() => {
  const POSTED = "main form[method=post]";
  const FORMS = `${POSTED}:not([data-leave])`;
  const FILTERS = "main #changelist-search";
  const ASKED = `${FORMS}, ${FILTERS}`;
  const { src, dataset: sentences } = document.currentScript;
  let before = null; // what each form held when the page was loaded
  let sent = null; // the form; what is typed in another one of the page is still lost with it
  let way = null; // the button that sent it, and what it and each of its controls held
  let brings = false; // the page stays, though the browser asks as if it was left

  // What would be sent. Of two lists side by side it is what stands in the second one, though nothing of it is selected
  // until it is sent, nor shown while somebody looks for a part of it.
  function entries(form, submitter) {
    const lists = [...form.querySelectorAll("select.filtered")];
    const others = [...new FormData(form, submitter)].filter(([name]) => lists.every((list) => list.name !== name));
    const seconds = lists.filter((list) => list.closest(".selector-chosen"));
    const valuesOf = ({ id }) => window.SelectBox.cache[id].map(({ value }) => value).sort();
    return [...others, ...seconds.flatMap((list) => valuesOf(list).map((value) => [list.name, value]))];
  }
  const isSearch = (control) => control?.matches?.(`${FILTERS} [type=search]`);
  const said = (form) =>
    JSON.stringify(
      entries(form)
        .filter(([name]) => !/^(csrfmiddlewaretoken$|bo-)/.test(name) && !isSearch(form.elements[name]))
        .map(([name, value]) => [name, value.name ?? value])
    );
  const isHeld = (form) =>
    before ? before.has(form) && said(form) !== before.get(form) : form.matches(ASKED) && isBegun(form);
  const isTyped = () => !brings && [...document.querySelectorAll(ASKED)].some((form) => form !== sent && isHeld(form));

  // As the browser makes of it what the page says: without line breaks in one line, say.
  const asSaid = (control) => Object.assign(control.cloneNode(), { value: control.defaultValue }).value;
  const isChosen = (select) => {
    const options = [...select.options];
    const isAsSaid = options.some((option) => option.defaultSelected) || select.multiple;
    if (isAsSaid) return options.some((option) => option.selected !== option.defaultSelected);
    return select.selectedIndex > 0 || (select.matches(".admin-autocomplete") && select.value !== ""); // none was there
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
  document.addEventListener("DOMContentLoaded", () => {
    for (const form of document.querySelectorAll("main form")) form.autocomplete = "off";
  });

  const early = new Set(); // forms into which somebody typed until then
  const isFromBefore = (form) => comesBack(form) && !form.querySelector("[type=password]");
  const isBegun = (form) =>
    early.has(form) || (form.matches(FORMS) && (isFromBefore(form) || [...form.elements].some(isChanged)));
  const note = ({ isTrusted, target }) => isTrusted && target.form && !isSearch(target) && early.add(target.form);
  document.addEventListener("input", note);
  document.addEventListener("change", note);

  window.addEventListener("load", () => setTimeout(() => {
    document.removeEventListener("input", note);
    document.removeEventListener("change", note);
    before = new Map([...document.querySelectorAll(ASKED)].map((form) => [form, early.has(form) || "typed" in form.dataset ? "" : said(form)]));
    // A page that comes back with errors holds what was typed and is nowhere else; passwords do not come back.
    if (document.querySelector(".bo-errors[role=alert]"))
      for (const form of document.querySelectorAll(FORMS)) if (!form.querySelector("[type=password]")) before.set(form, "");
  }));

  // What would be lost is sent to a panel that answers, which keeps it until it has come: what is sent may be lost on its
  // way, and this page with it. What is secret is not kept. A browser on the panel's own computer says that it is
  // offline, too, when there is no other one.
  const PATIENCE = 10_000; // ms
  const MOST_TOLD = 10; // fields
  const LOCK = "backoffice.sent.";
  const FULL = 507; // status
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
  const keys = new WeakMap(); // of each form, as it was opened this time
  const keyOf = (form) => {
    if (!keys.has(form)) keys.set(form, Math.random().toString(36).slice(2));
    return keys.get(form);
  };
  const sessionBox = () => document.getElementById("bo-session");
  const ask = (url, options) =>
    fetch(url, { cache: "no-store", headers: { Accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE), ...options })
      .catch(() => ({ status: 504 }));

  // What the page says of what is sent, for whoever goes on with it later.
  const words = (element) => element?.textContent.replace(/\s+/g, " ").trim() ?? "";
  function nameOf(control) {
    const label = control.type === "radio" ? control.closest("fieldset")?.querySelector("legend") : control.labels?.[0];
    return (words(label) || control.getAttribute("aria-label") || control.name).replace(/:$/, "");
  }
  function valueOf(control) {
    const { lang } = document.documentElement;
    if (control.type === "date") return control.valueAsDate?.toLocaleDateString(lang, { dateStyle: "long", timeZone: "UTC" }) ?? "";
    if (control.type === "number" && control.value) return control.valueAsNumber.toLocaleString(lang, { maximumFractionDigits: 20 });
    if (control.tagName === "SELECT") return [...control.selectedOptions].map(words).join(", ");
    if (control.type === "radio") return words(control.labels?.[0]) || control.value;
    if (control.type === "checkbox") return control.checked ? "✓" : "";
    return control.type === "file" ? [...control.files].map(({ name }) => name).join(", ") : control.value;
  }
  // Of a form that came back what was typed before, too.
  const comesBack = (form) => "typed" in form.dataset || document.querySelector(".bo-errors[role=alert]") !== null;
  const isFilled = (control) => control.matches("input:not([type=hidden]), textarea, select") && valueOf(control) !== "";
  const isNamed = (control) =>
    control.name && !control.name.includes("password") && !control.closest(".selector-available") &&
    (control.type !== "radio" || control.checked);
  const isTold = (control) => isNamed(control) && (isChanged(control) || (comesBack(control.form) && isFilled(control)));
  const isLater = (control) =>
    isNamed(control) && control.matches("input:not([type=hidden]), textarea, select") &&
    valueOf(control) !== (way.values.get(control) ?? "");
  const about = (form, submitter, told) => "kept" in form.dataset ? [] : [
    ["bo-heading", ["main h1", "main .bo-subject"].map((part) => words(document.querySelector(part))).filter(Boolean).join(": ")],
    ["bo-button", words(submitter) || submitter?.value],
    ...told.flatMap((control) => [["bo-label", nameOf(control)], ["bo-value", valueOf(control)]]),
  ];
  const toldOf = (form) => [...form.elements].filter(isTold).slice(0, MOST_TOLD);

  // Where what is sent is kept, and all of it; nothing where it may not be.
  function keeping(form, submitter, isLate = false) {
    const to = new URL(submitter?.getAttribute("formaction") || form.getAttribute("action") || "", location.href);
    if (form.querySelector("[type=password]") || to.origin !== location.origin) return null;
    const body = new FormData();
    const told = isLate ? [...form.elements].filter(isLater) : toldOf(form);
    for (const [name, value] of about(form, submitter, told)) body.append(name, value ?? "");
    for (const [name, value] of entries(form, submitter))
      if (typeof value === "string") body.append(name, value);
      else if (value.name) body.append(name, new File([], value.name));
    const key = isLate ? { form: `${keyOf(form)}-late`, late: 1 } : { form: keyOf(form) };
    return [`${sentences.keep}?${new URLSearchParams({ to: to.pathname + to.search, ...key })}`, body];
  }
  function answered(form, submitter) {
    const [url, body] = keeping(form, submitter) ?? [];
    return body ? ask(url, { method: "POST", body }) : ask(sessionBox()?.dataset.url ?? src);
  }
  async function isAnothers() {
    const box = sessionBox();
    const answer = box && (await ask(box.dataset.url));
    const { user } = answer?.ok ? await answer.json() : {};
    return user !== undefined && user !== box.dataset.user;
  }
  // Whether another page still waits for the answer to what is kept, and is about to be sent again.
  async function isWaitedFor(key) {
    const locks = (await navigator.locks?.query().catch(() => null))?.held ?? [];
    return locks.some(({ name }) => name === LOCK + key);
  }
  // With the key by which it is kept, so that it alone is not kept any longer.
  function send(form, submitter) {
    navigator.locks?.request(LOCK + keyOf(form), () => new Promise(() => {})); // until the page goes
    const key = Object.assign(document.createElement("input"), { type: "hidden", name: "bo-form", value: keyOf(form) });
    form.append(key);
    form.requestSubmit(submitter);
    key.remove();
  }
  document.addEventListener("submit", async (event) => {
    const { target: form, submitter } = event;
    const again = !submitter?.hasAttribute("formaction") && form.dataset.kept; // and not: keep it no longer
    if (event.defaultPrevented || answers || !form.matches(POSTED) || (navigator.onLine && !isHeld(form) && !again)) return;
    event.preventDefault();
    if (asking) return;
    asking = true;
    warning.remove();
    if (sent === form || (again && (await isWaitedFor(again)))) {
      if (sent === form) sent = null;
      if (again) form.dataset.kept = "";
      warn(form, sentences.sent);
      asking = false;
      return;
    }
    isBusy(true);
    const { status } = await answered(form, submitter);
    const isOurs = status !== 403 || !(await isAnothers());
    isBusy(false);
    answers = status < 500 && isOurs;
    if (answers) send(form, submitter);
    else if (isOurs) warn(form, status === FULL ? sentences.full : sentences.unsent);
    else warn(form, sessionBox().dataset.other);
    asking = answers = false;
  });
  window.addEventListener("online", () => warning.remove());

  // What it is and what was typed goes along, for the panel to keep where the session is over, say.
  document.addEventListener("submit", ({ defaultPrevented, target, submitter }) => {
    if (defaultPrevented || !target.matches(POSTED) || target.querySelector("[name=bo-heading]")) return;
    const told = about(target, submitter, toldOf(target))
      .map(([name, value]) => Object.assign(document.createElement("input"), { type: "hidden", name, value: value ?? "" }));
    target.append(...told);
    setTimeout(() => told.forEach((input) => input.remove()));
  });

  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || !event.target.matches(ASKED)) return;
    brings = "file" in event.target.dataset;
    if (brings) return;
    sent = event.target;
    const values = new Map([...sent.elements].filter(isNamed).map((control) => [control, valueOf(control)]));
    way = { submitter: event.submitter, held: said(sent), values };
  });
  window.addEventListener("click", () => { brings = false; }, true);
  document.addEventListener("click", (event) => {
    const [link, form] = [event.target.closest("#result_list thead a"), document.querySelector(FILTERS)];
    const isElsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (!link || !form || !isHeld(form) || isElsewhere) return;
    event.preventDefault();
    const value = new URL(link.href).searchParams.get("o");
    form.querySelector("[name=o]")?.remove();
    if (value) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "o", value }));
    form.requestSubmit();
  });
  // What is typed while it is on its way did not go along: it is kept beside that, to be copied.
  window.addEventListener("pagehide", () => {
    const isMore = sent?.matches(FORMS) && said(sent) !== way.held;
    const [url, body] = (isMore && keeping(sent, way.submitter, true)) || [];
    if (body) navigator.sendBeacon(url, body);
  });
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
