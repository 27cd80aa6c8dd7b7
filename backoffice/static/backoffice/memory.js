/* What this browser remembers of a person's choices. Where it may keep nothing, a choice holds for the page. */
const memory = (() => {
  const unkept = new Map();
  return {
    get(name) {
      try {
        return unkept.get(name) ?? localStorage.getItem(name);
      } catch {
        return null;
      }
    },
    set(name, value) {
      try {
        localStorage.setItem(name, value);
        unkept.delete(name);
      } catch {
        unkept.set(name, value);
      }
    },
  };
})();
