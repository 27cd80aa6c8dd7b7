/* The command palette (Ctrl-K) and the keys of one sign: "/" opens it, too, "?" shows all keys. They can be switched off,
   and on again in the sheet of keys, which the account's menu and the palette open as well. */
(() => {
  const button = document.getElementById("bo-palette-button");
  const palette = document.getElementById("bo-palette");
  if (!button || !palette) return;
  const keys = document.getElementById("bo-keys");
  const keysButton = document.getElementById("bo-keys-button");
  const words = document.getElementById("bo-palette-words");
  const list = document.getElementById("bo-palette-offers");
  const status = palette.querySelector("[role=status]");
  const single = document.getElementById("bo-single-keys");
  const SINGLE = "single-keys";
  const SECOND = 1000;
  let waiting, asking, slow;
  let listed; // the words that the list answers
  let entered; // Enter was pressed before the answer was there

  function options() {
    return [...list.querySelectorAll("[role=option]")];
  }

  function choose(option) {
    for (const each of options()) each.setAttribute("aria-selected", String(each === option));
    words.setAttribute("aria-activedescendant", option ? option.id : "");
    option?.scrollIntoView({ block: "nearest" });
  }

  function show(groups) {
    list.replaceChildren();
    let number = 0;
    for (const { title, items } of groups) {
      const group = document.createElement("div");
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", title);
      const heading = document.createElement("p");
      heading.className = "bo-quiet";
      heading.setAttribute("aria-hidden", "true");
      heading.textContent = title;
      group.append(heading);
      for (const item of items) {
        const offer = document.createElement(item.url ? "a" : "div");
        Object.assign(offer, { textContent: item.name, id: `bo-offer-${number++}`, tabIndex: -1 });
        offer.setAttribute("role", "option");
        if (item.url) offer.href = item.url;
        else offer.dataset.does = item.does;
        if (item.note) {
          const note = document.createElement("span");
          Object.assign(note, { className: "bo-quiet", textContent: item.note });
          offer.append(" ", note);
        }
        group.append(offer);
      }
      list.append(group);
    }
    status.textContent = number ? "" : palette.dataset.none;
    choose(options()[0]);
  }

  function follow(option, isAside) {
    if (isAside && option.href) window.open(option.href, "_blank", "noopener");
    else option.click();
  }

  function act(does) {
    palette.close();
    if (does === "log-out") document.getElementById("logout-form").requestSubmit();
    else if (does === "keys") keys.showModal();
    else document.dispatchEvent(new CustomEvent("backoffice:colours", { detail: does }));
  }

  // The page's own word that something is on its way lies below the palette.
  function wait() {
    clearTimeout(slow);
    slow = setTimeout(() => {
      const bar = document.createElement("progress");
      bar.setAttribute("aria-hidden", "true");
      status.replaceChildren(bar, ` ${palette.dataset.waits}`);
    }, SECOND);
  }

  function rest() {
    clearTimeout(slow);
    status.textContent = "";
  }

  async function ask() {
    clearTimeout(waiting);
    asking?.abort();
    asking = new AbortController();
    wait();
    const asked = words.value;
    const url = `${palette.dataset.url}?${new URLSearchParams({ q: asked })}`;
    try {
      const answer = await fetch(url, { signal: asking.signal, headers: { Accept: "application/json" } });
      if (answer.redirected) {
        palette.close(); // over what says that the session is over
        document.dispatchEvent(new Event("bo:not-answered"));
        return;
      }
      if (!answer.ok) throw new Error(answer.status);
      const { groups } = await answer.json();
      rest();
      show(groups);
      listed = asked;
      if (entered && options().length) follow(options()[0], entered.isAside);
      entered = undefined;
    } catch (error) {
      if (error.name === "AbortError") return;
      rest();
      status.textContent = palette.dataset.failed;
    }
  }

  function open() {
    if (palette.open) return;
    words.value = "";
    palette.showModal();
    ask();
  }

  function leave() {
    clearTimeout(waiting);
    asking?.abort();
    rest();
    entered = undefined;
  }

  function isTyping(target) {
    if (target.matches("[type=checkbox], [type=radio], [type=button], [type=submit], [type=file]")) return false;
    return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
  }

  words.addEventListener("input", () => {
    clearTimeout(waiting);
    entered = undefined;
    waiting = setTimeout(ask, 150);
  });

  words.addEventListener("keydown", (event) => {
    const all = options();
    const now = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
    const steps = { ArrowDown: now + 1, ArrowUp: now - 1 + all.length, PageDown: now + 5, PageUp: now - 5 };
    if (event.key in steps && all.length) {
      event.preventDefault();
      choose(all[((steps[event.key] % all.length) + all.length) % all.length]);
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      const isAside = event.ctrlKey || event.metaKey;
      if (words.value !== listed) {
        entered = { isAside };
        ask();
      } else if (all[now]) follow(all[now], isAside);
    }
  });

  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option?.dataset.does) act(option.dataset.does);
    else if (option && !(event.ctrlKey || event.metaKey || event.shiftKey)) wait();
  });

  for (const dialog of [palette, keys])
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close(); // beside it
    });

  palette.addEventListener("close", leave);
  window.addEventListener("pageshow", (event) => event.persisted && rest());
  button.hidden = false;
  button.addEventListener("click", open);

  keysButton.hidden = false;
  keysButton.addEventListener("click", () => {
    const menu = keysButton.closest("details");
    menu.open = false;
    menu.querySelector("summary").focus(); // where the focus comes back to
    keys.showModal();
  });

  single.checked = memory.get(SINGLE) !== "off";
  single.addEventListener("change", () => memory.set(SINGLE, single.checked ? "on" : "off"));

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || !single.checked) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "/") {
      event.preventDefault();
      open();
    } else if (event.key === "?") {
      event.preventDefault();
      keys.showModal();
    }
  });
})();
