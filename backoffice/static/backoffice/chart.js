// A tree for the keyboard (WAI-ARIA treeview): arrows, Home, End, letters, * opens all of a level. Without it, links do.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const tree = document.getElementById("chart");
  if (!tree) return;
  const drawing = document.getElementById("chart-drawing");
  const items = () => Array.from(tree.querySelectorAll("li")).filter((li) => !li.parentElement.closest("li[data-open=false]"));
  // What is read out and has the focus is the line alone: it is named by what stands in it, not by what is below.
  const line = (li) => li.querySelector(":scope > .bo-node, :scope > a");
  const name = (li) => li.querySelector(".bo-name").textContent.trim();
  const up = (li) => li.parentElement.closest("li");

  function dress(root) {
    for (const list of root.querySelectorAll("ul")) list.setAttribute("role", "group");
    const all = Array.from(root.querySelectorAll("li"));
    if (root.matches("li")) all.unshift(root);
    for (const li of all) {
      li.setAttribute("role", "none");
      const item = line(li);
      item.setAttribute("role", "treeitem");
      item.setAttribute("aria-level", li.dataset.level || String(Number(up(li) ? up(li).dataset.level : 0) + 1));
      if (li.dataset.open) item.setAttribute("aria-expanded", li.dataset.open);
      item.tabIndex = -1;
      for (const link of item.querySelectorAll("a")) {
        link.tabIndex = -1;
        link.setAttribute("role", "presentation");
      }
      item.querySelector(".bo-toggle")?.setAttribute("aria-hidden", "true");
    }
  }

  function focus(li) {
    for (const other of tree.querySelectorAll("[tabindex='0']")) other.tabIndex = -1;
    line(li).tabIndex = 0;
    line(li).focus();
    li.querySelector(".bo-name").scrollIntoView({ block: "nearest" });
  }

  // What is open stands in the address, so it can be sent to somebody, printed and drawn.
  function remember(change) {
    const asked = new URLSearchParams(location.search);
    for (const gone of ["q", "at", "node", "level"]) asked.delete(gone);
    change(asked);
    history.replaceState(null, "", `?${asked}`);
    drawing.search = String(asked);
    return asked;
  }

  function setOpen(key, open) {
    return remember((asked) => {
      const keys = (asked.get("open") || "").split(".").filter((each) => each && each !== key);
      if (open) keys.push(key);
      if (keys.length) asked.set("open", keys.join("."));
      else asked.delete("open");
    });
  }

  async function load(li, asked) {
    const query = new URLSearchParams(asked);
    query.set("node", li.dataset.key);
    query.set("level", li.dataset.level);
    line(li).setAttribute("aria-busy", "true");
    const answer = await fetch(`${location.pathname}?${query}`, { headers: { "X-Requested-With": "fetch" } });
    if (!answer.ok || answer.redirected) return location.reload();
    const holder = document.createElement("ul");
    holder.innerHTML = await answer.text();
    const fresh = holder.querySelector("li");
    dress(fresh);
    const had = li.contains(document.activeElement);
    li.replaceWith(fresh);
    if (had) focus(fresh);
    return fresh;
  }

  async function open(li) {
    const fresh = await load(li, setOpen(li.dataset.key, true));
    if (fresh) focus(fresh);
  }

  function close(li) {
    setOpen(li.dataset.key, false);
    li.dataset.open = "false";
    line(li).setAttribute("aria-expanded", "false");
    const list = li.querySelector(":scope > ul");
    if (list) list.remove();
    focus(li);
  }

  const toggle = (li) => (li.dataset.open === "true" ? close(li) : open(li));

  async function turn(li) {
    const above = up(li);
    if (!above) return location.assign(li.querySelector("a").href);
    const page = li.dataset.page;
    const asked = remember((query) => (li.dataset.start ? query.set(page, li.dataset.start) : query.delete(page)));
    const fresh = await load(above, asked);
    if (fresh) focus(fresh.querySelector(":scope > ul > li") || fresh);
  }

  const act = (li) => (li.matches(".bo-turn") ? turn(li) : location.assign(li.querySelector(".bo-name").href));

  function typed(li, letter) {
    const all = items();
    const at = all.indexOf(li);
    const found = [...all.slice(at + 1), ...all.slice(0, at)].find((each) =>
      name(each).toLocaleLowerCase().startsWith(letter.toLocaleLowerCase())
    );
    if (found) focus(found);
  }

  tree.addEventListener("keydown", (event) => {
    const li = event.target.closest("li");
    if (!li || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = items();
    const at = all.indexOf(li);
    const rtl = getComputedStyle(tree).direction === "rtl";
    const expanded = li.dataset.open;
    const keys = {
      ArrowDown: () => all[at + 1] && focus(all[at + 1]),
      ArrowUp: () => at && focus(all[at - 1]),
      Home: () => focus(all[0]),
      End: () => focus(all[all.length - 1]),
      Enter: () => act(li),
      " ": () => (expanded ? toggle(li) : act(li)),
      [rtl ? "ArrowLeft" : "ArrowRight"]: () => (expanded === "false" ? open(li) : expanded && all[at + 1] && focus(all[at + 1])),
      [rtl ? "ArrowRight" : "ArrowLeft"]: () => (expanded === "true" ? close(li) : up(li) && focus(up(li))),
    };
    if (keys[event.key]) keys[event.key]();
    else if (event.key.length === 1 && event.key.trim() && !event.isComposing) typed(li, event.key);
    else return;
    event.preventDefault();
  });

  tree.addEventListener("click", (event) => {
    const li = event.target.closest("li");
    if (!li || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest(".bo-toggle")) toggle(li);
    else if (li.matches(".bo-turn") && event.target.closest("a")) turn(li);
    else return;
    event.preventDefault();
  });

  tree.setAttribute("role", "tree");
  tree.setAttribute("aria-label", tree.dataset.label);
  dress(tree);
  const wanted = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (wanted && tree.contains(wanted)) focus(wanted);
  else line(tree.querySelector("li")).tabIndex = 0;
});
