/**
 * Makes an element. Attributes go by name, functions under `on...` listen, `true` sets an attribute without a value, and
 * null or false leaves it out. Texts become text: nothing is ever read as HTML.
 */
export function h(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** The same in SVG. */
export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** Puts these children in a place, unless the same stand there already: who listens to it is told only what is new. */
export function renew(place, ...children) {
  const next = fill(place.cloneNode(false), {}, children);
  if (!next.isEqualNode(place)) place.replaceChildren(...next.childNodes);
}

/** Tells readers of the screen by ear; others see it where it stands. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

/** Lets the browser draw and hear the user before more is done. */
export const breath = () => new Promise((resolve) => setTimeout(resolve));

/** Waits until `calm` milliseconds have passed without a further call. */
export function whenCalm(work, calm = 250) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...values), calm);
  };
}

/** Brings an element into view and lets the keyboard go on from it. */
export function focusOn(element) {
  if (!element.matches("a, button, input, select, textarea, [tabindex]")) element.setAttribute("tabindex", "-1");
  element.focus();
}
