// What the browser keeps for this page; where it refuses to, the page does until it is left.

function keeper(name) {
  const memory = new Map();
  const store = () => {
    try {
      return window[name]; // a browser that allows no storage throws here
    } catch {
      return null;
    }
  };
  return {
    get: (key) => memory.get(key) ?? store()?.getItem(key) ?? null,
    set(key, value) {
      try {
        store().setItem(key, value);
        memory.delete(key);
      } catch {
        memory.set(key, value);
      }
    },
    remove(key) {
      memory.delete(key);
      store()?.removeItem(key);
    },
  };
}

export const device = keeper("localStorage");
export const session = keeper("sessionStorage");
