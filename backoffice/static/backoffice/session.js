/* Says in time that the session ends, in every tab, and lets it go on. Typed text stays where it is: after signing in
   in another tab the forms of this page get the new session's token. */
(() => {
  const box = document.getElementById("bo-session");
  if (!box) return;
  const SOON = 120; // seconds before the end
  const SPOKEN = [120, 60, 30, 10]; // when it is said (again)
  const KEY = "backoffice.session-end";
  const [text, form] = [box.querySelector("p"), box.querySelector("form")];
  const [stay, again, close] = form.querySelectorAll(".bo-primary, .bo-neutral");
  let end = Date.now() + Number(box.dataset.left) * 1000;
  let state = "on";
  let began = box.dataset.began; // the session whose token the forms here have

  function share() {
    try {
      localStorage.setItem(KEY, `${end} ${began}`);
    } catch {
      // a browser that keeps nothing: each tab counts for itself
    }
  }

  function say(sentence) {
    if (text.textContent !== sentence) text.textContent = sentence;
  }

  function show(next) {
    state = next;
    box.hidden = next === "on";
    stay.hidden = next !== "soon";
    again.hidden = next !== "over";
    close.hidden = next !== "other";
  }

  function tick() {
    const left = Math.round((end - Date.now()) / 1000);
    if (state === "other") return;
    if (left > SOON) {
      if (state === "soon") show("on");
    } else if (left > 0) {
      if (state !== "soon") {
        show("soon");
        ask(); // another tab may have gone on, and the panel's clock may be a second behind
      }
      const spoken = SPOKEN.filter((second) => second >= left).at(-1);
      say(box.dataset.soon.replace("%s", String(spoken)));
    } else if (state !== "over") {
      show("over");
      say(box.dataset.over);
      ask();
    }
  }

  async function ask(options) {
    try {
      const response = await fetch(box.dataset.url, { ...options, headers: { Accept: "application/json" } });
      if (response.ok) take(await response.json());
    } catch {
      // no network: the next look tells
    }
  }

  function take(answer) {
    if (answer.user && answer.user !== box.dataset.user) {
      if (state === "other") return; // said already, and perhaps closed
      show("other");
      say(box.dataset.other);
      return;
    }
    end = Date.now() + answer.left * 1000;
    if (answer.token)
      for (const input of document.querySelectorAll('input[name="csrfmiddlewaretoken"]')) input.value = answer.token;
    if (answer.left > SOON) {
      show("on");
      share();
    }
    tick();
  }

  close.addEventListener("click", () => {
    box.hidden = true;
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask({ method: "POST", body: new FormData(form) });
  });
  window.addEventListener("storage", (event) => {
    if (event.key !== KEY || !event.newValue) return;
    const [theirs, start] = event.newValue.split(" ");
    end = Number(theirs);
    if (state === "over" || start !== began) ask(); // signed in anew: the forms here need its token
    began = start;
    tick();
  });
  document.addEventListener("bo:not-answered", () => ask()); // somebody's request led to the sign-in
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) ask();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && state !== "on") ask();
  });
  share();
  setInterval(tick, 1000);
})();
