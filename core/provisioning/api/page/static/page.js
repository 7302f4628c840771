// Makes a page live: colours the graph and adds to the log as events come, and asks for the rest anew, seldom.
// Without it every page is there all the same, as it was when it was asked for.

const LINES = 2000; // the log keeps so many
const PAUSE = 700; // milliseconds between two looks, at least

const root = document.querySelector("[data-follow]");
if (root) follow(root);

function follow(root) {
  const boxes = new Map();
  for (const box of root.querySelectorAll(".box")) boxes.set(box.dataset.operation, box);
  const log = document.getElementById("log");
  const waiting = { lines: [], states: new Map(), frame: 0 };
  const refresh = refresher(root, boxes);
  const address = new URL(root.dataset.follow, location.href);
  let source = null;

  function listen() {
    source = new EventSource(address);
    source.onmessage = (message) => {
      address.searchParams.set("after", message.lastEventId);
      const told = JSON.parse(message.data);
      if (told.state) waiting.states.set(told.operation, told.state);
      waiting.lines.push(told.line);
      if (!waiting.frame) waiting.frame = requestAnimationFrame(draw); // however many come, one drawing a frame
      refresh();
    };
    source.addEventListener("missed", (message) => {
      address.searchParams.set("after", message.lastEventId);
      refresh();
    });
  }

  // A page that nobody sees keeps no connection: a browser has six for one server, and many tabs would take them all.
  document.addEventListener("visibilitychange", () => {
    source.close();
    if (!document.hidden) listen();
  });
  window.addEventListener("pagehide", () => source.close());
  listen();

  function draw() {
    waiting.frame = 0;
    for (const [operation, state] of waiting.states) paint(boxes.get(operation), state);
    if (log) write(log, waiting.lines);
    waiting.states.clear();
    waiting.lines = [];
  }

  if (log) {
    log.scrollTop = log.scrollHeight;
    const wish = document.getElementById("follow");
    wish.addEventListener("change", () => wish.checked && (log.scrollTop = log.scrollHeight));
  }
  for (const box of boxes.values()) paint(box, box.dataset.state);
  zoom(root);
}

function paint(box, state) {
  if (!box) return;
  box.dataset.state = state;
  box.querySelector(".mark").textContent = state.replaceAll("_", " ");
}

function write(log, lines) {
  log.append(document.createTextNode(lines.slice(-LINES).map((line) => line + "\n").join("")));
  while (log.childNodes.length > LINES) log.firstChild.remove();
  if (document.getElementById("follow").checked) log.scrollTop = log.scrollHeight;
}

// Returns what asks the server for the changing parts: one question at a time, with a pause as long as it took, fivefold.
function refresher(root, boxes) {
  let isWanted = false;
  let isBusy = false;
  async function look() {
    isBusy = true;
    while (isWanted) {
      isWanted = false;
      const asked = performance.now();
      try {
        const answer = await fetch(root.dataset.now + location.search, { headers: { Accept: "text/html" } });
        if (answer.redirected && !answer.url.includes(root.dataset.now)) return location.reload(); // signed out
        if (answer.ok) replace(new DOMParser().parseFromString(await answer.text(), "text/html"), boxes);
      } catch {
        isWanted = true; // the server is away: the stream comes back by itself, and so does this
      }
      await new Promise((done) => setTimeout(done, Math.max(PAUSE, 5 * (performance.now() - asked))));
    }
    isBusy = false;
  }
  return () => {
    isWanted = true;
    if (!isBusy) look();
  };
}

function replace(fresh, boxes) {
  for (const part of fresh.querySelectorAll("[data-part]")) {
    const old = document.getElementById(part.id);
    if (old.innerHTML !== part.innerHTML && !isInUse(old)) old.replaceChildren(...part.childNodes);
  }
  for (const row of fresh.querySelectorAll("tr[data-operation]")) {
    const box = boxes.get(row.dataset.operation);
    if (box && box.dataset.state !== row.dataset.state) paint(box, row.dataset.state);
  }
}

// A question that somebody is about to answer is not taken away.
function isInUse(part) {
  return part.querySelector("details[open]") !== null && part.contains(document.activeElement);
}

function zoom(root) {
  const canvas = root.querySelector(".canvas");
  if (!canvas) return;
  const svg = canvas.querySelector("svg");
  const [width, height] = [svg.viewBox.baseVal.width, svg.viewBox.baseVal.height];
  let scale = 1;
  const show = (wanted) => {
    scale = Math.min(3, Math.max(0.05, wanted));
    svg.setAttribute("width", width * scale);
    svg.setAttribute("height", height * scale);
  };
  const fit = () => show(Math.min(1, (canvas.clientWidth - 2) / width, (canvas.clientHeight - 2) / height));
  const tools = root.querySelector(".tools");
  tools.hidden = false;
  tools.addEventListener("click", (event) => {
    const wish = event.target.dataset.zoom;
    if (wish === "fit") fit();
    else if (wish === "full") show(1);
    else if (wish) show(scale * Number(wish));
  });
  canvas.addEventListener("keydown", (event) => {
    if (event.key === "+") show(scale * 1.25);
    else if (event.key === "-") show(scale * 0.8);
    else if (event.key === "0") fit();
  });
  if (width > canvas.clientWidth) show(Math.max(0.5, (canvas.clientWidth - 2) / width));
}
