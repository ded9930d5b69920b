import { CardHost } from "/static/cards.js";
import { setUpTheme } from "/static/theme.js";

const $ = (id) => document.getElementById(id);
const state = { mailbox: "", message: "", data: null };

function make(tag, name, text) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined) element.textContent = text;
  return element;
}

async function get(path, parameters = {}) {
  const answer = await fetch(`${path}?${new URLSearchParams(parameters)}`);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

async function post(path, body) {
  const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

const host = new CardHost($("sidebar"), {
  call: (action, inputs) =>
    post("/api/click", {
      mailbox: state.mailbox, message: state.message, url: action.function, inputs,
      parameters: Object.fromEntries((action.parameters || []).map(({ key, value }) => [key, value])),
    }),
  reload: () => openMessage(state.message),
  stale: () => refresh(),
});

async function refresh() {
  state.data = await get("/api/state");
  drawSummary();
  drawMailboxes();
  drawList();
  drawTimeline();
}

function drawSummary() {
  const { name, coverage, messages, tasks } = state.data;
  const listed = Object.values(coverage).reduce((sum, counts) => sum + counts.gmail, 0);
  $("world").textContent = name;
  $("summary").textContent = `${listed} messages in Gmail, ${messages.length} accounted for, ${tasks.length} activities in Salesforce.`;
}

function drawMailboxes() {
  const boxes = [...new Set(state.data.messages.map((message) => message.mailbox))];
  state.mailbox ||= boxes[0] || "";
  const buttons = boxes.map((address) => {
    const button = make("button", address === state.mailbox ? "chosen" : "", address);
    button.type = "button";
    const logged = state.data.messages.filter((m) => m.mailbox === address && m.outcome === "logged").length;
    button.append(make("small", "", `${logged} logged`));
    button.onclick = () => {
      Object.assign(state, { mailbox: address, message: "" });
      drawMailboxes();
      drawList();
      openFirst();
    };
    return button;
  });
  $("mailboxes").replaceChildren(...buttons);
}

function drawList() {
  const rows = state.data.messages.filter((message) => message.mailbox === state.mailbox).map((message) => {
    const row = make("button", `row ${message.outcome}${message.gmail_message_id === state.message ? " chosen" : ""}`);
    row.type = "button";
    Object.assign(row.dataset, { source: message.source, id: message.gmail_message_id });
    row.append(
      make("span", "who", (message.from || "(nobody)").replace(/\s*<[^<>]*>$/, "")),
      make("span", "subject", message.subject || "(no subject)"),
      make("span", "outcome", message.short),
    );
    row.onclick = () => openMessage(message.gmail_message_id);
    return row;
  });
  $("list").replaceChildren(...rows);
}

async function openMessage(id) {
  state.message = id;
  drawList();
  $("sidebar").classList.add("gc-busy");
  const [message, card] = await Promise.all([
    get("/api/message", { mailbox: state.mailbox, id }),
    post("/api/open", { mailbox: state.mailbox, message: id }),
  ]);
  if (state.message !== id) return; // another one was opened meanwhile
  $("sidebar").classList.remove("gc-busy");
  drawMessage(message);
  host.show(card);
  $("sidebar").dataset.message = id;
  drawTimeline();
}

function drawMessage(message) {
  const labels = make("p", "labels");
  labels.append(...message.labels.map((label) => make("span", "", label)));
  const head = make("dl");
  for (const [name, value] of message.headers) head.append(make("dt", "", name), make("dd", "", value));
  $("message").replaceChildren(make("h2", "", message.subject || "(no subject)"), labels, head, make("pre", "", message.text));
}

/** As Lightning shows a Task of subtype Email: its caption says "You sent an email", inbound or not. */
function drawTimeline() {
  const message = state.data.messages.find((m) => m.mailbox === state.mailbox && m.gmail_message_id === state.message);
  const record = message?.record;
  const title = record ? state.data.records[record] || record : "";
  const tasks = record ? state.data.tasks.filter((task) => [task.WhoId, task.WhatId, task.AccountId].includes(record)) : [];
  const items = tasks.map((task) => {
    const item = make("li", task.Id === message.activity ? "chosen" : "");
    item.append(
      make("p", "caption", `You sent an email${task.WhoId && state.data.records[task.WhoId] ? ` to ${state.data.records[task.WhoId]}` : ""}`),
      make("p", "subject", task.Subject || ""),
      make("p", "about", [task.ActivityDate, state.data.records[task.WhoId], state.data.records[task.WhatId], `Owner: ${state.data.records[task.OwnerId] || task.OwnerId}`].filter(Boolean).join(" · ")),
    );
    return item;
  });
  const list = make("ol");
  list.append(...items);
  const heading = make("h2", "", record ? `In Salesforce: ${title}` : "In Salesforce: nothing, for this message is on no record");
  const note = make("p", "note", items.length ? "Lightning captions every email Task “You sent an email”; the subject says whom inbound mail is from." : "");
  $("timeline").replaceChildren(heading, note, list);
}

function openFirst() {
  const first = state.data.messages.find((message) => message.mailbox === state.mailbox);
  if (first) openMessage(first.gmail_message_id);
}

/** What stands in the menu of every card, whichever message is open. */
async function readMenu() {
  const actions = await get("/api/menu");
  host.menu = actions.map(({ label, runFunction }) => ({ actionLabel: label, onClick: { action: { function: runFunction } } }));
}

setUpTheme();
await Promise.all([readMenu(), refresh()]);
openFirst();
document.body.dataset.ready = "yes";
