/* Web chat for any page: <script src="https://your-server/widget.js" defer></script>
   data-contact, data-token: somebody whom the page knows; else a visitor with an id of their own in this browser.
   data-title, data-greeting: the words above the conversation, and its first ones. data-open: open from the start.
   From the page: AntiphonChat.open(), .close(), .connect(token). A token that is refused: event "antiphon-chat-token". */
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script || window.AntiphonChat) return;

  const SERVER = new URL(".", script.src);
  const FIRST_WAIT = 500, LONGEST_WAIT = 30000; // milliseconds before connecting anew, doubled each time
  const BEAT = 25000; // milliseconds between questions whether the server is there; proxies close what is silent for a minute
  const SILENCE = 65000; // milliseconds without a frame, after which the line is taken for dead
  const AGAIN = 5000; // milliseconds before a message is sent again that the server could not take
  const KEPT = 200; // messages kept in this browser, so that they are there at once when the page is opened again
  const MAX_CHARS = 5000;
  const BAD_TOKEN = 4003, REPLACED = 4001, REFUSED = 1008;
  const option = (name, otherwise) => script.dataset[name] || otherwise;
  const title = option("title", "Chat"), greeting = option("greeting", "Hello! How can we help?");

  // What this browser remembers. Without storage (private windows, blocked cookies) it forgets with the page.
  const memory = new Map();
  const remember = (name, value) => {
    memory.set(name, value);
    try { localStorage.setItem(name, JSON.stringify(value)); } catch { /* forgotten with the page */ }
  };
  const recall = (name) => {
    if (memory.has(name)) return memory.get(name);
    try { return JSON.parse(localStorage.getItem(name)); } catch { return null; }
  };
  const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16).padStart(2, "0")).join("");

  let contact = script.dataset.contact;
  if (!contact) {
    contact = recall("antiphon-chat-visitor") || `visitor-${random()}`;
    remember("antiphon-chat-visitor", contact);
  }
  const PLACE = `antiphon-chat:${SERVER.host}:${contact}`;
  const saved = recall(PLACE);
  const log = Array.isArray(saved && saved.log) ? saved.log : []; // {id, from: "us"|"you", text, at, state?}
  let after = (saved && saved.after) || "";
  const save = () => remember(PLACE, { log: log.slice(-KEPT), after });

  let token = script.dataset.token || "";
  let socket = null, wait = FIRST_WAIT, timer = 0, watch = 0, stopped = false, unread = 0;

  // What is seen
  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children); // strings become text, never markup
    return made;
  };
  const host = element("div", { id: "antiphon-chat" });
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet(); // a page's policy may forbid inline styles; this is none
  sheet.replaceSync(`
    :host { all: initial; --accent: #17594a; --on-accent: #fff; --ink: #1c1b1a; --paper: #fff; --line: #d0cbc2; --soft: #f1efeb; --faint: #5f5b55;
      font: 16px/1.45 system-ui, sans-serif; color: var(--ink); }
    @media (prefers-color-scheme: dark) { :host { --accent: #7cc7b3; --on-accent: #10201c; --ink: #eceae6; --paper: #201f1d; --line: #4d4943; --soft: #2f2d2a; --faint: #b3aea6; } }
    * { box-sizing: border-box; font: inherit; color: inherit; }
    [hidden] { display: none !important; }
    .launch { position: fixed; inset: auto 1rem 1rem auto; z-index: 2147483000; min-height: 3rem; padding: .6rem 1.1rem; border: 1px solid transparent; border-radius: 1.5rem;
      background: var(--accent); color: var(--on-accent); cursor: pointer; box-shadow: 0 2px 10px #0003; }
    .badge { margin-left: .5rem; padding: 0 .45rem; border-radius: 1rem; background: var(--on-accent); color: var(--accent); }
    .panel { position: fixed; inset: auto 1rem 1rem auto; z-index: 2147483000; display: flex; flex-direction: column; width: min(24rem, calc(100vw - 2rem)); height: min(36rem, calc(100dvh - 2rem));
      border: 1px solid var(--line); border-radius: .75rem; background: var(--paper); box-shadow: 0 6px 28px #0003; overflow: hidden; animation: rise .18s ease-out; }
    @keyframes rise { from { transform: translateY(.75rem); opacity: 0; } }
    header { display: flex; align-items: center; gap: .5rem; padding: .6rem .6rem .6rem 1rem; border-bottom: 1px solid var(--line); }
    h2 { flex: 1; margin: 0; font-weight: 600; overflow-wrap: anywhere; }
    .shut { min-width: 2.75rem; min-height: 2.75rem; border: 0; border-radius: .5rem; background: none; cursor: pointer; font-size: 1.25rem; }
    .log { flex: 1; margin: 0; padding: 1rem; overflow-y: auto; overscroll-behavior: contain; }
    .log:focus-visible { outline-offset: -3px; }
    .message { width: fit-content; max-width: 88%; margin: 0 0 .6rem; padding: .5rem .75rem; border: 1px solid transparent; border-radius: .75rem; background: var(--soft); white-space: pre-wrap; overflow-wrap: anywhere; }
    .message.you { margin-left: auto; background: var(--accent); color: var(--on-accent); }
    .message.failed { background: none; border-color: currentColor; color: var(--ink); }
    .note { margin: .25rem 0 .6rem; color: var(--faint); font-size: .875rem; }
    .status { min-height: 1.5rem; padding: 0 1rem; color: var(--faint); font-size: .875rem; }
    form { display: flex; gap: .5rem; padding: .6rem; border-top: 1px solid var(--line); }
    textarea { flex: 1; min-height: 2.75rem; max-height: 8rem; padding: .5rem .7rem; border: 1px solid var(--faint); border-radius: .5rem; background: var(--paper); resize: none; }
    .send { min-width: 4rem; min-height: 2.75rem; padding: 0 .9rem; border: 1px solid transparent; border-radius: .5rem; background: var(--accent); color: var(--on-accent); cursor: pointer; }
    :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
    .name { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    @media (prefers-reduced-motion: reduce) { .panel { animation: none; } }
    @media (prefers-contrast: more) { :host { --line: currentColor; --faint: var(--ink); } .message { border-color: currentColor; } }
    @media (forced-colors: active) { .launch, .send, .message, .panel { border-color: CanvasText; } .message.you { forced-color-adjust: none; background: Highlight; color: HighlightText; } }
    @media (max-width: 30rem) { .panel { inset: 0; width: 100vw; height: 100dvh; border: 0; border-radius: 0; } }
  `);
  root.adoptedStyleSheets = [sheet];

  const badge = element("span", { class: "badge", hidden: "" });
  const launch = element("button", { class: "launch", type: "button", "aria-haspopup": "dialog", "aria-expanded": "false" }, title, badge);
  const shut = element("button", { class: "shut", type: "button", "aria-label": "Close the chat" }, "×");
  const list = element("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": "Conversation", tabindex: "0" });
  const status = element("div", { class: "status", role: "status" });
  const input = element("textarea", { id: "text", rows: "1", maxlength: String(MAX_CHARS), autocomplete: "off", enterkeyhint: "send" });
  const label = element("label", { for: "text", class: "name" }, "Your message");
  const form = element("form", {}, label, input, element("button", { class: "send", type: "submit" }, "Send"));
  const heading = element("h2", { id: "title" }, title);
  const panel = element("section", { class: "panel", role: "dialog", "aria-labelledby": "title", hidden: "" },
    element("header", {}, heading, shut), list, status, form);
  root.append(launch, panel);

  const nodes = new Map();
  const atEnd = () => list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  const show = (message) => {
    const stay = atEnd();
    let node = nodes.get(message.id);
    if (!node) {
      node = element("p", {});
      nodes.set(message.id, node);
      list.append(node);
    }
    node.className = `message ${message.from} ${message.state || ""}`;
    const speaker = message.from === "you" ? "You: " : `${title}: `;
    node.replaceChildren(element("span", { class: "name" }, speaker), message.text);
    if (message.state === "failed") node.append(element("span", { class: "name" }, " (not sent)"));
    if (message.at) node.title = new Date(message.at).toLocaleString();
    if (stay || message.from === "you") list.scrollTop = list.scrollHeight;
  };
  const add = (message) => {
    if (log.some((one) => one.id === message.id)) return false; // what is sent again is shown once
    log.push(message);
    while (log.length > KEPT) {
      const old = log.shift();
      const node = nodes.get(old.id);
      if (node) node.remove();
      nodes.delete(old.id);
    }
    save();
    show(message);
    return true;
  };
  const count = (number) => {
    unread = number;
    badge.hidden = !number;
    badge.replaceChildren(String(number), element("span", { class: "name" }, number === 1 ? " message you have not read" : " messages you have not read"));
  };
  const open = () => {
    panel.hidden = false;
    launch.hidden = true;
    launch.setAttribute("aria-expanded", "true");
    count(0);
    list.scrollTop = list.scrollHeight;
    input.focus();
    tell({ type: "presence", status: "online" });
  };
  const close = () => {
    if (panel.hidden) return;
    panel.hidden = true;
    launch.hidden = false;
    launch.setAttribute("aria-expanded", "false");
    launch.focus();
    tell({ type: "presence", status: "away" });
  };

  // What is said
  const tell = (frame) => {
    if (!socket || socket.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(frame));
    return true;
  };
  const settle = (id, state) => {
    const message = log.find((one) => one.id === id && one.from === "you");
    if (!message) return;
    if (state) message.state = state; else delete message.state;
    save();
    show(message);
  };
  const deliver = () => { // under the same id each time, so that it counts once
    for (const one of log) if (one.state === "waiting") tell({ type: "message", content: one.text, message_id: one.id });
  };
  const say = (text) => {
    const message = { id: random(), from: "you", text, at: new Date().toISOString(), state: "waiting" };
    add(message);
    if (!tell({ type: "message", content: text, message_id: message.id })) note();
  };
  const hear = (frame) => {
    if (frame.type === "message" && typeof frame.content === "string") {
      const fresh = add({ id: frame.message_id, from: "us", text: frame.content, at: frame.timestamp });
      after = frame.message_id;
      save();
      tell({ type: "ack", message_id: frame.message_id });
      if (fresh && panel.hidden) count(unread + 1);
    } else if (frame.type === "typing") {
      note(frame.is_typing ? "…is typing" : "");
    } else if (frame.type === "system") {
      const data = frame.data || {};
      if (frame.event === "heartbeat") tell({ type: "pong" });
      if (frame.event === "connected") { wait = FIRST_WAIT; note(""); deliver(); }
      if (frame.event === "received") settle(data.message_id, "");
      if (frame.event === "error" && data.again) setTimeout(deliver, AGAIN);
      else if (frame.event === "error" && data.message_id) { settle(data.message_id, "failed"); note(`Not sent: ${data.reason}`); }
    }
  };
  const note = (text) => {
    status.textContent = text === undefined ? "No connection. What you write is sent when it is back." : text;
  };

  // The line
  const alive = () => {
    clearTimeout(watch);
    watch = setTimeout(() => { if (socket) lost(socket, 0); }, SILENCE);
  };
  const lost = (line, code) => {
    if (line !== socket) return; // an older one
    socket = null;
    clearTimeout(watch);
    try { line.close(); } catch { /* it is closed */ }
    if (code === BAD_TOKEN || code === REFUSED) {
      note("This chat has expired. Reload the page to go on.");
      document.dispatchEvent(new CustomEvent("antiphon-chat-token", { detail: { contact } }));
    } else if (code === REPLACED) {
      note("The chat goes on in another window. Write here to bring it back.");
      stopped = true;
    } else {
      note();
      timer = setTimeout(connect, wait * (0.5 + Math.random())); // not all browsers at once
      wait = Math.min(wait * 2, LONGEST_WAIT);
    }
  };
  const connect = (given) => {
    if (typeof given === "string") token = given;
    clearTimeout(timer);
    stopped = false;
    if (socket) { const old = socket; socket = null; old.close(); }
    const url = new URL(`ws/chat/${encodeURIComponent(contact)}`, SERVER);
    url.protocol = SERVER.protocol === "https:" ? "wss:" : "ws:";
    if (token) url.searchParams.set("token", token);
    if (after) url.searchParams.set("after", after);
    const line = socket = new WebSocket(url);
    line.onmessage = (event) => {
      if (line !== socket) return;
      alive();
      let frame = null;
      try { frame = JSON.parse(event.data); } catch { return; }
      if (frame && typeof frame === "object") hear(frame);
    };
    line.onclose = (event) => lost(line, event.code);
    alive();
  };

  launch.addEventListener("click", open);
  shut.addEventListener("click", close);
  panel.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.stopPropagation(); close(); } });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (!text) return;
    input.value = "";
    say(text.slice(0, MAX_CHARS));
    if (stopped) connect();
  });
  setInterval(() => tell({ type: "heartbeat" }), BEAT);
  window.addEventListener("online", () => { if (!socket && !stopped) { wait = FIRST_WAIT; connect(); } });

  const start = () => {
    document.body.append(host);
    list.append(element("p", { class: "note" }, greeting));
    log.forEach(show);
    connect();
    if ("open" in script.dataset) open();
  };
  window.AntiphonChat = Object.freeze({ open, close, connect });
  if (document.body) start(); else document.addEventListener("DOMContentLoaded", start);
})();
