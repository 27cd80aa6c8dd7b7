/* Asks before a page is left on which somebody typed something: a form of the panel that is neither sent nor as it was.
   What the scripts of the page fill in by themselves until it is loaded is not typed. A form with data-leave is left
   without a question: ticks of a list, and what a script sends. */
(() => {
  const FORMS = "main form[method=post]:not([data-leave])";
  let before = new Map();
  let isSent = false;

  const said = (form) =>
    JSON.stringify(
      [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken").map(([name, value]) => [name, value.name ?? value])
    );
  const isTyped = () => !isSent && [...before].some(([form, text]) => form.isConnected && said(form) !== text);

  window.addEventListener("load", () => setTimeout(() => {
    before = new Map([...document.querySelectorAll(FORMS)].map((form) => [form, said(form)]));
    // A page that comes back with errors holds what was typed and is nowhere else; passwords do not come back.
    if (document.querySelector(".bo-errors"))
      for (const form of before.keys()) if (!form.querySelector("[type=password]")) before.set(form, "");
  }));
  document.addEventListener("submit", (event) => {
    if (!event.defaultPrevented && before.has(event.target)) isSent = true;
  });
  window.addEventListener("pageshow", () => { isSent = false; });
  window.addEventListener("beforeunload", (event) => {
    if (isTyped()) event.preventDefault();
  });
})();
