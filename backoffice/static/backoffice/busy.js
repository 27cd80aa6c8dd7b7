/* Says that a form was sent: its button is busy, and after a second a bar runs. Pressing twice sends it once.
   A form with data-file is answered with a file, one with a target elsewhere: the page stays, and so do they. */
(() => {
  const SECOND = 1000;
  const TWICE = 10 * SECOND; // later, somebody who stopped the page sends again on purpose
  const region = document.getElementById("bo-busy");
  const sent = new Map(); // when, by form
  let timer = null;

  function free() {
    clearTimeout(timer);
    sent.clear();
    region.replaceChildren();
    for (const button of document.querySelectorAll("[data-busy]")) {
      button.removeAttribute("data-busy");
      button.removeAttribute("aria-busy");
    }
  }

  function show() {
    const bar = document.createElement("progress");
    bar.setAttribute("aria-hidden", "true");
    region.replaceChildren(bar, ` ${region.dataset.words}`);
  }

  const asked = (form, button, what) => button?.getAttribute(`form${what}`) ?? form.getAttribute(what) ?? "";
  const leaves = (form, button) =>
    asked(form, button, "method").toLowerCase() === "post" &&
    ["", "_self"].includes(asked(form, button, "target")) &&
    !("file" in form.dataset);

  // Before any other listener: what is ignored is as if nobody had pressed.
  window.addEventListener("submit", (event) => {
    if (performance.now() - sent.get(event.target) < TWICE) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);

  // After them: a script may have sent it by itself.
  window.addEventListener("submit", (event) => {
    const { target: form, submitter: button } = event;
    if (event.defaultPrevented || !leaves(form, button)) return;
    free();
    sent.set(form, performance.now());
    button?.setAttribute("aria-busy", "true");
    button?.setAttribute("data-busy", "");
    timer = setTimeout(show, SECOND);
  });

  // Somebody who is asked whether to leave may stay; who comes back finds the page as it was.
  window.addEventListener("beforeunload", (event) => {
    if (event.defaultPrevented) free();
  });
  window.addEventListener("pageshow", free);
  window.addEventListener("keydown", (event) => {
    if (event.key === "Escape") free(); // stops the page
  });
})();
