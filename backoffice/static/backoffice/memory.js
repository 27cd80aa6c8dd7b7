/* What this browser remembers of a person's choices, for a year: in cookies, as signing out clears all other storage.
   Where it may keep nothing, a choice holds for the page. */
const memory = (() => {
  const unkept = new Map();
  const secure = location.protocol === "https:";
  const full = (name) => `${secure ? "__Host-" : ""}bo-${name}`;

  function kept(name) {
    try {
      const start = `${full(name)}=`;
      const pair = document.cookie.split("; ").find((each) => each.startsWith(start));
      return pair ? decodeURIComponent(pair.slice(start.length)) : null;
    } catch {
      return null;
    }
  }

  return {
    get: (name) => unkept.get(name) ?? kept(name),
    set(name, value) {
      unkept.set(name, value);
      try {
        const life = `path=/; max-age=${365 * 24 * 60 * 60}; samesite=lax${secure ? "; secure" : ""}`;
        document.cookie = `${full(name)}=${encodeURIComponent(value)}; ${life}`;
      } catch {
        // no cookies: for this page only
      }
    },
  };
})();
