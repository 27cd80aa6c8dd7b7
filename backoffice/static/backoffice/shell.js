/* The shell around every page: the side menu's button and menus that close by themselves. */
(() => {
  const narrow = window.matchMedia("(max-width: 991.98px)");
  const button = document.getElementById("bo-menu-button");
  const sidebar = document.getElementById("nav-sidebar");

  function isOpen() {
    return narrow.matches
      ? document.body.classList.contains("sidebar-open")
      : !document.body.classList.contains("sidebar-collapse");
  }

  function setOpen(open) {
    document.body.classList.toggle("sidebar-open", narrow.matches && open);
    document.body.classList.toggle("sidebar-collapse", !narrow.matches && !open);
    button.setAttribute("aria-expanded", open);
    sidebar.inert = !open;
    // Over a phone's page the menu is all there is: Tab does not walk on behind it.
    for (const behind of document.querySelectorAll(".bo-skip, .app-header, .app-main"))
      behind.inert = narrow.matches && open;
    if (!narrow.matches) memory.set("menu", open ? "open" : "closed");
  }

  function followWidth() {
    setOpen(!narrow.matches && memory.get("menu") !== "closed");
  }

  function close() {
    if (!narrow.matches || !isOpen()) return;
    setOpen(false);
    button.focus();
  }

  if (button && sidebar) {
    followWidth();
    narrow.addEventListener("change", followWidth);
    button.addEventListener("click", () => {
      setOpen(!isOpen());
      if (narrow.matches && isOpen()) sidebar.querySelector("a").focus();
    });
    document.getElementById("bo-overlay").addEventListener("click", close);
  }

  // From the next page on, times are shown in the zone of this browser, and less is sent to those who pay for each byte.
  const { zoneCookie, saverCookie } = document.body.dataset;
  const saves = Boolean(navigator.connection?.saveData);
  function tell(name, value, seconds) {
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `${name}=${value}; path=/; max-age=${seconds}; samesite=lax${secure}`;
  }
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && zoneCookie) tell(zoneCookie, zone, 31536000);
  if (saverCookie && saves !== document.cookie.includes(`${saverCookie}=`)) tell(saverCookie, "yes", saves ? 31536000 : 0);

  // What the first form will need is fetched when a page that leads to one has come and nothing else is to be done: once,
  // and not for those who pay for each byte.
  const next = document.querySelector("meta[name=bo-next]");
  const FETCHED = "backoffice.fetched";
  function fetchNext() {
    const all = next.content.split(" ").map((url) => fetch(url, { priority: "low" }).then((answer) => answer.blob()));
    Promise.all(all).then(() => localStorage.setItem(FETCHED, next.content)).catch(() => {});
  }
  function isFetched() {
    try {
      return localStorage.getItem(FETCHED) === next.content; // signing out clears it along with what was fetched
    } catch {
      return false;
    }
  }
  if (next && !saves && !isFetched())
    window.addEventListener("load", () => (window.requestIdleCallback || setTimeout)(fetchNext, { timeout: 2000 })); // ms, if never idle

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details.bo-menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (button) close();
  });
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.bo-menu[open]"))
      if (!menu.contains(event.target)) menu.open = false;
  });
})();
