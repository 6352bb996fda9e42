// Changes what is shown into what is to be shown: elements stay the same where they mean the same,
// so that a selection, the focus and the place one has scrolled to outlive a refresh.

// `fresh`: the nodes that `parent` is to hold, in order. Those with the same data-key are the same.
export function arrange(parent, fresh) {
  const there = new Map();
  for (const [place, child] of [...parent.childNodes].entries()) there.set(keyOf(child, place), child);
  const kept = fresh.map((node, place) => {
    const key = keyOf(node, place);
    const old = there.get(key);
    if (!old || old.nodeName !== node.nodeName) return node;
    there.delete(key);
    become(old, node);
    return old;
  });
  for (const gone of there.values()) gone.remove();
  let place = parent.firstChild;
  for (const node of kept) {
    // One that is to stand later steps back; else all that follow it would have to be moved.
    if (node !== place && place && node === place.nextSibling) {
      const early = place;
      place = node;
      parent.append(early);
    }
    if (node === place) place = node.nextSibling;
    else parent.insertBefore(node, place);
  }
}

const CALM = matchMedia("(prefers-reduced-motion: reduce)");
export const GLIDE = 400; // ms

// What `change` moves within `parent` glides to its new place instead of being there of a sudden:
// the eyes can follow, and whoever is about to press something sees it go. Nothing is held back:
// what is new, and what has become worse, is shown at once.
export function glide(parent, change) {
  const before = new Map([...parent.children].map((child) => [child, child.getBoundingClientRect().top]));
  change();
  if (CALM.matches) return;
  for (const child of before.keys()) for (const one of child.getAnimations()) one.cancel();
  const after = [...before.keys()].map((child) => [child, child.getBoundingClientRect().top]);
  for (const [child, top] of after) {
    const by = before.get(child) - top;
    if (by && child.isConnected) child.animate([{ transform: `translateY(${by}px)` }, { transform: "none" }], { duration: GLIDE, easing: "ease-in-out" });
  }
}

function keyOf(node, place) {
  return node.dataset?.key ?? place;
}

function become(old, fresh) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const { name } of [...old.attributes]) {
    if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  arrange(old, [...fresh.childNodes]);
}
