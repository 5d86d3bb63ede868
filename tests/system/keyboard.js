/* Notes what has the focus whenever Tab is pressed, between a place before everything and one behind everything. */
() => {
  const root = document.querySelector("dialog[open]") ?? document.body;
  const radios = new Set();
  const isOneOfItsGroup = (each) => {
    if (each.type !== "radio") return true;
    const group = [...root.querySelectorAll("input[type=radio]")].filter((other) => other.name === each.name && other.form === each.form);
    return each === (group.find((other) => other.checked) ?? each) && !group.some((other) => radios.has(other)) && Boolean(radios.add(each));
  };
  const isStop = (each) =>
    each.tabIndex >= 0 && !each.matches(":disabled, [type=hidden]") && each.checkVisibility({ visibilityProperty: true }) && isOneOfItsGroup(each);
  const named = (each) => `${each.tagName.toLowerCase()} ${each.name || each.textContent.trim().slice(0, 40) || each.id}`;
  const stops = [...root.querySelectorAll("a[href], button, input, select, textarea, details > summary, [tabindex]")].filter(isStop);

  const places = [-1, 0].map((index) => Object.assign(document.createElement("span"), { tabIndex: index }));
  const before = document.activeElement;
  const [top, end] = places;
  root.prepend(top);
  root.append(end);

  const told = (each) => {
    const style = getComputedStyle(each);
    const box = each.getClientRects()[0];
    const over = box && document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return {
      place: stops.indexOf(each),
      name: named(each),
      isMarked: each.matches(":focus-visible") && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
      isSeen: Boolean(over) && (each.contains(over) || over.contains(each)),
    };
  };
  let seen = [];
  let last = null;
  let goal = end;
  let renewed = false;
  const note = () => {
    const here = document.activeElement;
    if (places.includes(here) || here === document.body) return;
    if (here !== last) seen.push(told(here));
    else seen.at(-1).isMarked ||= told(here).isMarked; // of a field for a date, each piece has the focus in its turn
    last = here;
  };
  const watch = new MutationObserver(() => { renewed = true; });
  watch.observe(root, { childList: true, subtree: true });
  document.addEventListener("keydown", note, true);
  top.focus({ preventScroll: true });

  window.keyboardWalk = {
    here: () => told(document.activeElement),
    isAtEnd: () => document.activeElement === goal,
    turn() {
      note();
      const came = seen;
      [seen, last, goal, top.tabIndex] = [[], null, top, 0];
      return came;
    },
    end() {
      document.removeEventListener("keydown", note, true);
      watch.disconnect();
      for (const each of places) each.remove();
      if (before !== document.body) before.focus({ preventScroll: true });
      return renewed;
    },
  };
  return { stops: stops.map(named) };
}
