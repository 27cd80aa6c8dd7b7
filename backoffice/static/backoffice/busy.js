/* Says that something is on its way: after a second a bar runs. The button of a form that was sent is busy at once, and
   pressing it twice sends it once; a link or a search can be asked for anew. What has data-file is answered with a file:
   the bar runs until that begins, unless the form says itself how far it is. What has a target elsewhere is left alone.
   Other scripts say by bo:busy that they wait. */
(() => {
  const SECOND = 1000;
  const TWICE = 10 * SECOND; // later, somebody who stopped the page sends again on purpose
  const region = document.getElementById("bo-busy");
  const sent = new Map(); // when, by form
  let timer = null;
  let told = null; // the timer of what other scripts wait for

  function free() {
    clearTimeout(timer);
    timer = null;
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

  function wait() {
    free();
    timer = setTimeout(show, SECOND);
  }

  function waitForFile() {
    const { cookie } = region.dataset;
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `${cookie}=asked; path=/; max-age=600; samesite=strict${secure}`;
    wait();
    const mine = timer;
    const look = setInterval(() => {
      if (timer === mine && document.cookie.includes(`${cookie}=`)) return;
      clearInterval(look);
      if (timer === mine) free();
    }, SECOND / 5);
  }

  const isSent = (form) => performance.now() - sent.get(form) < TWICE;
  const asked = (form, button, what) => button?.getAttribute(`form${what}`) ?? form.getAttribute(what) ?? "";
  const isHere = (target) => ["", "_self"].includes(target);
  const method = (form, button) => asked(form, button, "method").toLowerCase();
  const leaves = (form, button) =>
    method(form, button) !== "dialog" && isHere(asked(form, button, "target")) && !("file" in form.dataset);
  const isElsewhere = (link) => link.origin !== location.origin || !isHere(link.target) || link.matches("[download]");
  const isOnPage = (link) => link.href.includes("#") && link.href.split("#")[0] === location.href.split("#")[0];

  // Before any other listener: what is ignored is as if nobody had pressed.
  window.addEventListener("submit", (event) => {
    if (isSent(event.target)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);

  // After them: a script may have sent it by itself.
  window.addEventListener("submit", (event) => {
    const { target: form, submitter: button } = event;
    if (event.defaultPrevented) return;
    if ("file" in form.dataset && !form.elements.progress) waitForFile();
    if (!leaves(form, button)) return;
    wait();
    if (method(form, button) !== "post") return;
    sent.set(form, performance.now());
    button?.setAttribute("aria-busy", "true");
    button?.setAttribute("data-busy", "");
  });

  window.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if ("file" in link.dataset) waitForFile();
    else if (!isElsewhere(link) && !isOnPage(link)) wait();
  });

  // What is sent, or a link that was followed meanwhile, goes on until the page is left.
  document.addEventListener("bo:busy", ({ detail: isBusy }) => {
    if (isBusy && !timer) {
      wait();
      told = timer;
    } else if (!isBusy && timer === told) free();
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
