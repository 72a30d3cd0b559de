// Keeps the lists of a page up to date, and obeys its buttons without leaving it.
const told = document.getElementById("told"), connection = document.getElementById("connection");

// Make `old` like `made`, keeping what the user is at: focus, open details, what was typed.
export function morph(old, made) {
  for (const {name} of [...old.attributes]) if (!made.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  for (const {name, value} of made.attributes) {
    if (old.getAttribute(name) !== value && name !== "open") old.setAttribute(name, value);
  }
  if (old.matches("input, select, textarea")) return;
  let here = old.firstChild;
  for (const wanted of [...made.childNodes]) {
    if (here && isAlike(here, wanted)) {
      if (here.nodeType === Node.ELEMENT_NODE) morph(here, wanted);
      else if (here.data !== wanted.data) here.data = wanted.data;
      here = here.nextSibling;
    } else {
      old.insertBefore(wanted, here);
    }
  }
  while (here) {
    const next = here.nextSibling;
    here.remove();
    here = next;
  }
}

function isAlike(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName && (one.id || "") === (other.id || "") &&
    one.dataset?.key === other.dataset?.key;
}

// Follow the events of a list until a signal: each has the HTML of pieces that changed, and the order of all if that changed.
function follow(list, signal) {
  const piece = document.createElement("template");  // what is in it runs no script and loads nothing
  let source = null, retry = 0;
  const take = event => {
    const {order, pieces} = JSON.parse(event.data);
    for (const [id, html] of Object.entries(pieces)) {
      piece.innerHTML = html;
      const made = piece.content.firstElementChild;
      const old = document.getElementById(id);
      if (old) morph(old, made); else list.append(made);
    }
    if (order) arrange(list, order);
    list.dispatchEvent(new CustomEvent("pieces", {bubbles: true}));
  };
  const open = () => {
    close();
    source = new EventSource(list.dataset.live);
    source.addEventListener("pieces", take);
    source.onopen = () => { connection.hidden = true; };
    source.onerror = () => {
      connection.hidden = false;
      if (source.readyState === EventSource.CLOSED) retry = setTimeout(ask, 3000);
    };
  };
  const close = () => { clearTimeout(retry); source?.close(); source = null; };
  // An answer that is no stream closes the source for good: the session may have ended.
  const ask = async () => {
    try {
      const answer = await fetch(location.href, {method: "HEAD", cache: "no-store"});
      if (answer.redirected) location.reload(); else open();
    } catch { retry = setTimeout(ask, 3000); }
  };
  document.addEventListener("visibilitychange", () => { if (document.hidden) close(); else open(); }, {signal});
  addEventListener("pagehide", close, {signal});
  addEventListener("pageshow", event => { if (event.persisted) open(); }, {signal});
  signal.addEventListener("abort", close);
  afterPaint(() => { if (!document.hidden && !signal.aborted) open(); });
}

// What the server has already sent is shown before news are asked for.
function afterPaint(deed) {
  requestAnimationFrame(() => setTimeout(deed));
}

function arrange(list, order) {
  const known = new Set(order);
  for (const piece of [...list.children]) if (!known.has(piece.id)) leave(piece);
  order.forEach((id, place) => {
    const piece = document.getElementById(id);
    if (piece && list.children[place] !== piece) list.insertBefore(piece, list.children[place] ?? null);
  });
}

// Remove a piece; a focus in it goes to the content, so that a keyboard is not sent to the top of the page.
function leave(piece) {
  if (piece.contains(document.activeElement)) document.getElementById("main").focus();
  piece.remove();
}

export function tell(text) {
  told.textContent = "";
  setTimeout(() => { told.textContent = text; }, 50);  // a change is read out, even if the words are the same
}

const AWAY = "The server is not reached. Try again.";
let isAsking = false;
// What is not true any more is not told any more.
async function forgetWhenBack() {
  if (isAsking) return;
  isAsking = true;
  do await new Promise(done => setTimeout(done, 2000));
  while (!await fetch(location.href, {method: "HEAD", cache: "no-store"}).catch(() => null));
  isAsking = false;
  if (told.textContent === AWAY) told.textContent = "";
}

// Send something to the server; return its answer, or null after telling why there is none.
export async function post(action, body, headers = {}) {
  const token = document.querySelector("meta[name=form-token]").content;
  try {
    const answer = await fetch(action, {method: "POST", body, headers: {Accept: "application/json", "X-Form-Token": token, ...headers}});
    if (answer.ok) return answer;
    tell(said(await answer.text()));
  } catch {
    tell(AWAY);
    forgetWhenBack();
  }
  return null;
}

export function said(text) {
  try {
    const answer = JSON.parse(text);
    return answer.note ?? answer.error ?? "";
  } catch { return "The server cannot do that now. Try again."; }  // a page, as a proxy answers
}

// Ask before what another button cannot take back; the words come with the button.
const ask = document.getElementById("ask");
function asked({ask: what, then, yes, no}) {
  for (const [name, text] of Object.entries({what, then, yes, no})) document.getElementById(`ask-${name}`).textContent = text;
  ask.returnValue = "";
  ask.showModal();
  return new Promise(answered => ask.addEventListener("close", () => answered(ask.returnValue === "yes"), {once: true}));
}

document.addEventListener("submit", async event => {
  const form = event.target, button = event.submitter;
  if (form.id !== "orders") return;
  event.preventDefault();
  const fields = new URLSearchParams(new FormData(form, button));
  if (button?.dataset.ask && !await asked(button.dataset)) return;
  fields.set("sure", "yes");
  const answer = await post(button?.getAttribute("formaction") ?? form.action, fields);
  if (answer) tell(said(await answer.text()));
});
// --- views: each is the content of the page, with the lists that it follows and the modules that its head names. While a
// book is heard, links lead to other views in this very document, beside the player's own, so that its sound goes on.

const place = url => new URL(url, location.href).pathname + new URL(url, location.href).search;
let view = {main: document.getElementById("main"), title: document.title, place: place(location.href), leaving: new AbortController()};
let sounding = null;  // the view that is heard, and what its buttons do
let visits = 0;

const modulesOf = head => Promise.all([...head.querySelectorAll("script[data-view]")].map(script => import(script.src)));
function begin(modules) {
  const {main, leaving: {signal}} = view;
  main.querySelectorAll("[data-live]").forEach(list => follow(list, signal));
  for (const {mount} of modules) mount(signal);
}
modulesOf(document.head).then(begin);

// Have the sound of the view that is shown go on when another one is, or, of one that is paused, end with its view.
const bar = document.getElementById("bar"), barPlay = document.getElementById("bar-play");
export function holdSound(sound) {
  if (sounding) Object.assign(sounding, sound);
  else if (sound.wanted) sounding = {view, ...sound};
  if (sounding && !sound.wanted && sounding.view === view) sounding = null;
  drawBar();
}

function drawBar() {
  bar.hidden = !sounding || sounding.view === view;
  if (bar.hidden) return;
  barPlay.textContent = sounding.wanted ? "Pause" : "Play";
  const link = document.getElementById("bar-title");
  link.textContent = sounding.title;
  link.href = sounding.view.place;
}
barPlay.addEventListener("click", () => sounding.toggle());
document.getElementById("bar-end").addEventListener("click", () => {
  sounding.end();
  sounding.view.main.remove();
  sounding = null;
  view.main.focus();
  drawBar();
});

// Show another view: in this document while a book is heard, else as browsers do. `body` is a form that is sent.
export async function visit(url, body = null, isBack = false) {
  if (!sounding) { if (isBack) location.reload(); else location.assign(url); return; }
  if (!body && place(url) === sounding.view.place) {
    if (view === sounding.view) return;
    leaveView();
    view = sounding.view;
    view.main.id = "main";
    view.main.hidden = false;
    document.querySelectorAll(".top [aria-current]").forEach(link => link.removeAttribute("aria-current"));
    arrive(view.place, isBack);
    return;
  }
  const mine = visits += 1;
  try {
    const answer = await fetch(url, {method: body ? "POST" : "GET", body, headers: {Accept: "text/html"}, cache: "no-store"});
    const found = new DOMParser().parseFromString(await answer.text(), "text/html"), main = found.getElementById("main");
    const modules = await modulesOf(found.head);  // its buttons work as soon as they are seen
    if (mine !== visits) return;
    const isOther = found.querySelector("#player, #password") || !main;  // another book, or the session is over
    if (isOther) location.assign(body ? answer.url : url); else change(found, main, modules, answer.url, isBack);
  } catch {
    tell(AWAY);
    forgetWhenBack();
  }
}

function change(found, main, modules, url, isBack) {
  if (view === sounding.view) {
    view.main.hidden = true;
    view.main.removeAttribute("id");
  } else leaveView();
  main.querySelectorAll("noscript").forEach(each => each.remove());
  told.before(main);
  view = {main, title: found.title, place: place(url), leaving: new AbortController()};
  for (const sheet of found.head.querySelectorAll("link[rel=stylesheet]")) {
    if (![...document.styleSheets].some(each => each.href === sheet.href)) document.head.append(sheet);
  }
  morph(document.querySelector(".top"), found.querySelector(".top"));
  arrive(url, isBack);
  begin(modules);
}

function leaveView() {
  view.leaving.abort();
  view.main.remove();
}

// Tell where the user is now: to the address bar, and to screen readers.
function arrive(url, isBack) {
  document.title = view.title;
  if (!isBack) history.pushState(null, "", url);
  drawBar();
  view.main.focus({preventScroll: true});
  scrollTo(0, 0);
  document.getElementById("arrived").textContent = view.title;
}

addEventListener("popstate", () => { if (place(location.href) !== view.place) visit(location.href, null, true); });
document.addEventListener("click", event => {
  const link = event.target.closest("a[href]");
  if (!sounding || !link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.target || link.hasAttribute("download") || link.origin !== location.origin || link.hash) return;
  event.preventDefault();
  visit(link.href);
});
document.addEventListener("submit", event => {
  const form = event.target;
  if (!sounding || event.defaultPrevented || form.method !== "post" || form.classList.contains("log-out")) return;
  event.preventDefault();
  visit(form.action, new URLSearchParams(new FormData(form, event.submitter)));
});

// The link of a code has it behind the #, which is sent nowhere; nothing but a code is shown as one.
const joinLine = document.getElementById("join-line");
if (joinLine && /^#e2a-[\w.:~-]+$/.test(location.hash)) joinLine.textContent = `e2a-swarm join ${location.hash.slice(1)}`;
