// A tree for the keyboard (WAI-ARIA treeview): arrows, Home, End, letters, * opens all of a level. Without it, links do.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const tree = document.getElementById("chart");
  if (!tree) return;
  const drawing = document.getElementById("chart-drawing");
  const said = document.getElementById("chart-said");
  const PATIENCE = 30_000; // milliseconds for an answer
  const items = () => Array.from(tree.querySelectorAll("li")).filter((li) => !li.parentElement.closest("li[data-open=false]"));
  // What is read out and has the focus is the line alone: it is named by what stands in it, not by what is below.
  const line = (li) => li.querySelector(":scope > .bo-node, :scope > a");
  const name = (li) => li.querySelector(".bo-name").textContent.trim();
  const up = (li) => li.parentElement.closest("li");
  const loading = new Set(); // rows that are asked for: they and what is below them are about to be replaced
  const tell = () => document.dispatchEvent(new CustomEvent("bo:busy", { detail: loading.size > 0 }));
  const isLoading = (li) => [...loading].some((each) => each.contains(li));

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

  // Tab leads to one item of the tree: always to one, never to two.
  function mark(li) {
    for (const other of tree.querySelectorAll("[tabindex='0']")) other.tabIndex = -1;
    line(li).tabIndex = 0;
  }

  function focus(li) {
    mark(li);
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

  function setOpen(rows, open) {
    const changed = rows.map((li) => li.dataset.key);
    return remember((asked) => {
      const keys = (asked.get("open") || "").split(".").filter((each) => each && !changed.includes(each));
      if (open) keys.push(...changed);
      if (keys.length) asked.set("open", keys.join("."));
      else asked.delete("open");
    });
  }

  // Undefined where this person is to see the page anew: signed out, or the row is gone.
  async function fetched(li, asked) {
    const query = new URLSearchParams(asked);
    query.set("node", li.dataset.key);
    query.set("level", li.dataset.level);
    const answer = await fetch(`${location.pathname}?${query}`, {
      headers: { "X-Requested-With": "fetch" },
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (answer.redirected || [403, 404].includes(answer.status)) return location.reload();
    if (!answer.ok) throw new Error(answer.status);
    const holder = document.createElement("ul");
    holder.innerHTML = await answer.text();
    return holder.querySelector("li");
  }

  // A row as the server shows it now. Where that fails, it is said, and `back` makes the address what it was.
  async function load(li, asked, back) {
    let fresh;
    loading.add(li);
    tell();
    line(li).setAttribute("aria-busy", "true");
    said.textContent = "";
    try {
      fresh = await fetched(li, asked);
    } catch {
      back();
      said.textContent = tree.dataset.failed;
      if (tree.contains(document.activeElement)) document.activeElement.scrollIntoView({ block: "nearest" });
    }
    loading.delete(li);
    tell();
    line(li).removeAttribute("aria-busy");
    // Closed with a row above it, or replaced with one, it is not there any more.
    if (fresh && li.isConnected) replace(li, fresh);
  }

  // Who was in the row finds the same item again, or the first of a page that was turned to. Who is elsewhere stays there.
  function replace(li, fresh) {
    const at = tree.querySelector("[tabindex='0']").closest("li");
    const isIn = li.contains(document.activeElement);
    dress(fresh);
    li.replaceWith(fresh);
    if (at.isConnected) return;
    const same = document.getElementById(at.id || up(at).id) || fresh;
    const now = (!at.id && same.querySelector(":scope > ul > li")) || same;
    if (isIn) focus(now);
    else mark(now);
  }

  // More than an address can name would be closed again on the next visit.
  function fits(rows) {
    const keys = new URLSearchParams(location.search).get("open") || "";
    const count = keys.split(".").filter(Boolean).length + rows.length;
    said.textContent = count > Number(tree.dataset.most) ? tree.dataset.full : "";
    return !said.textContent;
  }

  function open(li) {
    if (isLoading(li) || !fits([li])) return;
    load(li, setOpen([li], true), () => setOpen([li], false));
  }

  // One request for all of a level: the row above it, with all of them open.
  function openLevel(li) {
    const closed = Array.from(li.parentElement.children).filter((each) => each.dataset.open === "false");
    const above = up(li);
    if (!above) closed.forEach(open);
    else if (closed.length && !isLoading(above) && fits(closed)) load(above, setOpen(closed, true), () => setOpen(closed, false));
  }

  function close(li) {
    if (isLoading(li)) return;
    setOpen([li], false);
    li.dataset.open = "false";
    line(li).setAttribute("aria-expanded", "false");
    const list = li.querySelector(":scope > ul");
    if (list) list.remove();
    focus(li);
  }

  const toggle = (li) => (li.dataset.open === "true" ? close(li) : open(li));

  function turn(li) {
    const above = up(li);
    if (!above) return location.assign(li.querySelector("a").href);
    if (isLoading(above)) return;
    const page = li.dataset.page;
    const before = new URLSearchParams(location.search).get(page);
    const show = (start) => remember((query) => (start ? query.set(page, start) : query.delete(page)));
    load(above, show(li.dataset.start), () => show(before));
  }

  const act = (li) => (li.matches(".bo-turn") ? turn(li) : li.querySelector(".bo-name").click());

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
      "*": () => openLevel(li),
      " ": () => (expanded ? toggle(li) : act(li)),
      [rtl ? "ArrowLeft" : "ArrowRight"]: () => (expanded === "false" ? open(li) : expanded && all[at + 1] && focus(all[at + 1])),
      [rtl ? "ArrowRight" : "ArrowLeft"]: () => (expanded === "true" ? close(li) : up(li) && focus(up(li))),
    };
    if (keys[event.key]) keys[event.key]();
    else if (event.key.length === 1 && event.key.trim() && !event.isComposing) typed(li, event.key);
    else return;
    event.preventDefault();
  });

  tree.addEventListener("focusin", (event) => mark(event.target.closest("li")));

  tree.addEventListener("click", (event) => {
    const li = event.target.closest("li");
    if (!li || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const change = event.target.closest(".bo-toggle") ? toggle : li.matches(".bo-turn") && event.target.closest("a") && turn;
    if (!change) return;
    event.preventDefault();
    focus(li);
    change(li);
  });

  tree.setAttribute("role", "tree");
  tree.setAttribute("aria-label", tree.dataset.label);
  dress(tree);
  const wanted = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (wanted && tree.contains(wanted)) focus(wanted);
  else mark(tree.querySelector("li"));
});
