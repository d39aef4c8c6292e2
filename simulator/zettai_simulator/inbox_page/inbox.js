// Shows what `GET /simulator/inbox` returns, each second. All texts are set as text, never as HTML.
const EVERY = 1000;
const byId = (id) => document.getElementById(id);
let chosen = null; // a phone number, or null for all
let shown = ""; // what is on the page, so that it is only drawn again when something has changed
let latest = null;

function element(name, { text, ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  if (text !== undefined) made.textContent = text;
  made.append(...children);
  return made;
}

async function call(method, path, body) {
  const options = { method };
  if (body !== undefined) options.body = JSON.stringify(body);
  const response = await fetch(`/simulator/${path}`, options);
  if (!response.ok) throw new Error((await response.json()).error);
  return response.json();
}

function change(method, path, body) {
  return call(method, path, body).then(refresh, showProblem);
}

function showProblem(error) {
  byId("problem").textContent = `The simulator does not answer: ${error.message}`;
  byId("problem").hidden = false;
}

const local = (number) => number.replace(/^\+81/, "0");
const time = (micros) => new Date(micros / 1000).toLocaleString("ja-JP", { timeZone: "Asia/Tokyo" });

function stateOf(message) {
  if (message.state === "reserved") return ["reserved", "waiting", `for ${message.scheduleTime} (Japan time)`];
  if (message.state === "cancelled") return ["canceled", "bad", `by ${message.cancelledBy === "console" ? "the console" : "a call"}`];
  if (message.statusId === 2) return ["delivered", "good", ""];
  if (message.statusId === 3) return ["failed", "bad", `cause ${message.detailedStatusId}`];
  return [message.statusId === 1 ? "being sent" : "sent, status unknown", "waiting", ""];
}

const REPORTS = { pushing: "delivery report on its way", delivered: "delivery report accepted", given_up: "delivery report refused" };

function messageView(message) {
  const [state, kind, detail] = stateOf(message);
  const facts = [
    `taken ${time(message.takenAt)}`,
    `sender ${message.smsCode}`,
    message.carrierName,
    `${message.parts} ${message.parts === 1 ? "part" : "parts"}`,
    message.clientTag && `tag ${message.clientTag}`,
    message.groupTag && `group ${message.groupTag}`,
    message.requests > 1 && `${message.requests} requests`,
    REPORTS[message.report],
  ];
  const view = element(
    "article",
    {},
    element(
      "div",
      { className: "head" },
      element("strong", { text: local(message.phoneNumber) }),
      element("span", { className: `state ${kind}`, text: state }),
      element("span", { className: "facts", text: detail }),
    ),
    element("p", { className: "text", text: message.sentText }),
    element("div", { className: "facts", text: facts.filter(Boolean).join(" · ") }),
  );
  if (message.state === "reserved" && message.clientTag) {
    const tag = message.clientTag;
    const send = element("button", { type: "button", text: "Send now" });
    send.onclick = () => change("POST", "reservations/due", { clientTags: [tag] });
    const cancel = element("button", { type: "button", text: "Cancel in the console" });
    cancel.onclick = () => change("DELETE", `reservations/${encodeURIComponent(tag)}`);
    view.append(element("div", { className: "actions" }, send, cancel));
  }
  return element("li", {}, view);
}

function matches(message, words) {
  return [message.phoneNumber, local(message.phoneNumber), message.sentText, message.clientTag, message.groupTag]
    .some((value) => value?.toLowerCase().includes(words));
}

function numbersView(messages) {
  const counts = new Map();
  for (const message of messages) counts.set(message.phoneNumber, (counts.get(message.phoneNumber) ?? 0) + 1);
  const button = (number, label, count) => {
    const made = element("button", { type: "button", ariaPressed: String(chosen === number) },
      element("span", { text: label }), element("span", { text: count }));
    made.onclick = () => { chosen = number; draw(latest); };
    return made;
  };
  return [button(null, "All numbers", messages.length), ...[...counts].map(([number, count]) => button(number, local(number), count))];
}

function toggle(name, text, isOn, onclick) {
  const made = element("button", { type: "button", ariaPressed: String(isOn) }, element("span", { text: name }), element("span", { className: "detail", text: text.replaceAll("`", "") }));
  made.onclick = onclick;
  return made;
}

function faultsView({ faults, activeFaults }) {
  return faults.map(({ kind, text, endpoint }) => {
    const isOn = activeFaults.some((fault) => fault.kind === kind);
    const others = activeFaults.filter((fault) => fault.kind !== kind);
    return toggle(kind, text, isOn, () => change("PUT", "faults", isOn ? others : [...others, { kind, endpoint }]));
  });
}

function behaviorsView({ behaviors, behavior, examples }) {
  return Object.entries(behaviors).map(([name, text]) => {
    const isOn = behavior[name] === examples[name];
    const rest = Object.fromEntries(Object.entries(behavior).filter(([other]) => other !== name));
    return toggle(`${name} = ${isOn ? behavior[name] : examples[name]}`, text, isOn,
      () => change("PUT", "behavior", isOn ? rest : { ...rest, [name]: examples[name] }));
  });
}

function draw(inbox) {
  latest = inbox;
  const { now, ...content } = inbox;
  const words = byId("filter").value.trim().toLowerCase();
  const drawn = JSON.stringify([content, words, chosen]);
  if (drawn === shown) return;
  shown = drawn;
  const focused = document.activeElement?.textContent;
  const found = inbox.messages.filter((message) => matches(message, words));
  const visible = found.filter((message) => chosen === null || message.phoneNumber === chosen);
  byId("total").textContent = `${inbox.total.toLocaleString()} messages taken`
    + (inbox.total > inbox.messages.length ? `, the newest ${inbox.messages.length} are shown` : "");
  byId("empty").hidden = inbox.total > 0;
  byId("numbers").replaceChildren(...numbersView(found));
  byId("messages").replaceChildren(...visible.map(messageView));
  byId("faults").replaceChildren(...faultsView(inbox));
  byId("behaviors").replaceChildren(...behaviorsView(inbox));
  if (focused) [...document.querySelectorAll("main button")].find((one) => one.textContent === focused)?.focus();
}

async function refresh() {
  draw(await call("GET", "inbox"));
  byId("problem").hidden = true;
}

byId("url").textContent = location.origin;
byId("filter").oninput = () => latest && draw(latest);
byId("reset").onclick = () => confirm("Delete all messages of the simulator?") && change("POST", "reset");

async function follow() {
  if (!document.hidden) await refresh().catch(showProblem);
  setTimeout(follow, EVERY);
}
follow();
