/* Google Workspace add-on cards, rendered in a browser from the JSON that an add-on answers.
 *
 *   const host = new CardHost(element, { call, openLink, notify });
 *   host.show(answerOfATrigger);
 *
 * `call(action, inputs)` posts a click and resolves to the add-on's answer. No dependency, no markup from a card is
 * ever parsed into the page: text goes in as text, and of the simple HTML that cards may hold only the tags that Gmail
 * reads are rebuilt. Schema: google.apps.card.v1; navigation: google.apps.card.v1.RenderActions.
 */

const TAGS = new Set(["B", "I", "U", "S", "STRIKE", "BR", "FONT", "A", "TIME", "UL", "OL", "LI"]);
const SAFE_LINK = /^(https:|mailto:|tel:)/i;
const MOST_WIDGETS = 100;
const ICONS = {
  AIRPLANE: "✈", BOOKMARK: "🔖", BUS: "🚌", CAR: "🚗", CLOCK: "◷", CONFIRMATION_NUMBER_ICON: "🎫", DESCRIPTION: "▤",
  DOLLAR: "$", EMAIL: "✉", EVENT_PERFORMER: "♪", EVENT_SEAT: "◫", FLIGHT_ARRIVAL: "🛬", FLIGHT_DEPARTURE: "🛫",
  HOTEL: "⌂", HOTEL_ROOM_TYPE: "🛏", INVITE: "✚", MAP_PIN: "⚑", MEMBERSHIP: "★", MULTIPLE_PEOPLE: "👥", OFFER: "％",
  PERSON: "person", PHONE: "☎", RESTAURANT_ICON: "🍴", SHOPPING_CART: "🛒", STAR: "★", STORE: "store", TICKET: "🎫",
  TRAIN: "🚆", VIDEO_CAMERA: "🎥", VIDEO_PLAY: "▶",
};
const DRAWN = {
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm0 2c-3.3 0-8 1.7-8 5v1h16v-1c0-3.3-4.7-5-8-5Z",
  store: "M4 4h16v2H4V4Zm0 4h16l1 5v2h-1v5h-2v-5h-4v5H4v-5H3v-2l1-5Zm2 7v3h6v-3H6Z",
};

function make(tag, name, ...children) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };

function decoded(text) {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,4}));/gi, (whole, decimal, hex, name) => {
    if (name) return ENTITIES[name.toLowerCase()] ?? whole;
    const code = decimal ? Number(decimal) : parseInt(hex, 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** Text with Gmail's simple HTML, built tag by tag and never parsed as markup: other tags are left out. */
export function rich(text) {
  const root = document.createDocumentFragment();
  const open = [root];
  for (const token of String(text ?? "").replace(/\n/g, "<br>").split(/(<\/?[a-z][^<>]*>)/i)) {
    const tag = /^<(\/?)([a-z]+)([^<>]*)>$/i.exec(token);
    if (!tag) open.at(-1).append(decoded(token));
    else if (TAGS.has(tag[2].toUpperCase())) place(tag[1] === "/", tag[2].toUpperCase(), tag[3], open);
  }
  return root;
}

function place(isEnd, name, attributes, open) {
  if (isEnd) {
    const at = open.findLastIndex((element) => element.dataset?.tag === name);
    if (at > 0) open.splice(at);
    return;
  }
  const element = document.createElement(name === "FONT" ? "SPAN" : name);
  element.dataset.tag = name;
  const value = (key) => decoded(new RegExp(`\\s${key}\\s*=\\s*["']([^"']*)["']`, "i").exec(attributes)?.[1] ?? "");
  if (name === "A" && SAFE_LINK.test(value("href"))) {
    Object.assign(element, { href: value("href"), target: "_blank", rel: "noopener noreferrer" });
  }
  if (name === "FONT" && /^#[0-9a-f]{6}$/i.test(value("color"))) element.style.color = value("color");
  open.at(-1).append(element);
  if (name !== "BR") open.push(element);
}

function icon(found) {
  if (!found) return null;
  const holder = make("span", `gc-icon${found.imageType === "CIRCLE" ? " gc-circle" : ""}`);
  if (found.iconUrl) {
    holder.append(Object.assign(document.createElement("img"), { src: found.iconUrl, alt: found.altText || "" }));
    return holder;
  }
  const drawn = DRAWN[ICONS[found.knownIcon]];
  if (drawn) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", drawn);
    svg.append(path);
    holder.append(svg);
  } else holder.textContent = ICONS[found.knownIcon] || "•";
  holder.setAttribute("role", "img");
  holder.setAttribute("aria-label", found.altText || String(found.knownIcon || "").toLowerCase().replaceAll("_", " "));
  return holder;
}

/** One card. `host.act(onClick, card)` is called for a click. */
class CardView {
  constructor(card, host) {
    this.card = card;
    this.host = host;
    this.inputs = new Map();
    this.widgets = 0;
    this.element = this.render();
  }

  render() {
    const { header, sections = [], fixedFooter } = this.card;
    const body = make("div", "gc-body");
    for (const section of sections) {
      // Past a hundred widgets Gmail drops the section that overflows, and all that follow.
      if (this.widgets + (section.widgets || []).length > MOST_WIDGETS) break;
      this.widgets += (section.widgets || []).length;
      body.append(this.section(section));
    }
    return make("article", "gc-card", header ? this.header(header) : null, body, fixedFooter ? this.footer(fixedFooter) : null);
  }

  header(header) {
    const titles = make("div", "gc-titles", make("div", "gc-title", header.title || ""));
    if (header.subtitle) titles.append(make("div", "gc-subtitle", header.subtitle));
    const image = header.imageUrl
      ? Object.assign(make("img", header.imageType === "CIRCLE" ? "gc-circle" : ""), { src: header.imageUrl, alt: header.imageAltText || "" })
      : null;
    const items = [...(this.card.cardActions || []), ...this.host.menu];
    const actions = items.map((item) => this.button({ text: item.actionLabel, onClick: item.onClick }));
    return make("header", "gc-header", image, titles, actions.length ? make("div", "gc-actions", ...actions) : null);
  }

  section(section) {
    const element = make("section", "gc-section");
    if (section.header) element.append(make("h3", "gc-section-header", rich(section.header)));
    const widgets = (section.widgets || []).map((widget) => this.widget(widget));
    const shown = section.collapsible ? section.uncollapsibleWidgetsCount || 0 : widgets.length;
    element.append(...widgets.slice(0, shown));
    if (shown < widgets.length) element.append(this.fold(widgets.slice(shown)));
    return element;
  }

  fold(widgets) {
    const rest = make("div", "gc-rest", ...widgets);
    rest.hidden = true;
    const button = make("button", "gc-fold", `Show more (${widgets.length})`);
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    button.onclick = () => {
      rest.hidden = !rest.hidden;
      button.setAttribute("aria-expanded", String(!rest.hidden));
      button.textContent = rest.hidden ? `Show more (${widgets.length})` : "Show less";
    };
    return make("div", "gc-foldable", rest, button);
  }

  widget(widget) {
    const [kind] = Object.keys(widget).filter((name) => RENDER[name]);
    const element = kind ? RENDER[kind].call(this, widget[kind]) : make("div", "gc-unknown", `(${Object.keys(widget).join(", ")})`);
    return make("div", "gc-widget", element);
  }

  button(found) {
    const link = found.onClick?.openLink?.url;
    const element = link && SAFE_LINK.test(link)
      ? Object.assign(make("a", "gc-button"), { href: link, target: "_blank", rel: "noopener noreferrer" })
      : Object.assign(make("button", "gc-button"), { type: "button", disabled: Boolean(found.disabled) });
    if (found.icon) element.append(icon(found.icon));
    if (found.text) element.append(found.text);
    element.setAttribute("aria-label", found.altText || found.text || "");
    if (found.color) {
      const { red = 0, green = 0, blue = 0 } = found.color;
      element.classList.add("gc-filled");
      element.style.setProperty("--gc-fill", `rgb(${[red, green, blue].map((part) => Math.round(part * 255)).join(" ")})`);
    }
    element.onclick = (event) => this.clicked(found.onClick, event);
    return element;
  }

  clicked(onClick, event) {
    if (!onClick) return;
    if (onClick.overflowMenu) return this.menu(onClick.overflowMenu, event.currentTarget);
    if (onClick.openLink) {
      if (event.currentTarget.tagName !== "A") this.host.open(onClick.openLink);
      else if (onClick.openLink.onClose === "RELOAD") this.host.awaitReturn();
      return;
    }
    this.host.click(onClick.action || onClick.openDynamicLinkAction, this);
  }

  menu(menu, anchor) {
    const list = make("div", "gc-menu", ...(menu.items || []).map((item) => this.button(item)));
    anchor.parentElement.append(list);
    setTimeout(() => document.addEventListener("click", () => list.remove(), { once: true }));
  }

  footer(footer) {
    const buttons = [footer.primaryButton, footer.secondaryButton].filter(Boolean).map((found) => this.button(found));
    return make("footer", "gc-footer", ...buttons);
  }

  /** What Google would post: a list of strings for each named widget that is not empty. */
  values() {
    return Object.fromEntries([...this.inputs].map(([name, read]) => [name, read()]).filter(([, found]) => found.length));
  }

  named(name, read, action, element) {
    this.inputs.set(name, read);
    if (action) element.addEventListener("change", () => this.host.click(action, this));
  }
}

const RENDER = {
  textParagraph({ text, maxLines }) {
    const element = make("p", "gc-text", rich(text));
    if (maxLines) Object.assign(element.style, { display: "-webkit-box", WebkitBoxOrient: "vertical", WebkitLineClamp: maxLines, overflow: "hidden" });
    return element;
  },

  decoratedText(found) {
    const lines = make("div", "gc-lines");
    if (found.topLabel) lines.append(make("div", "gc-label", found.topLabel));
    lines.append(make("div", found.wrapText ? "gc-content" : "gc-content gc-one-line", rich(found.text)));
    if (found.bottomLabel) lines.append(make("div", "gc-label", found.bottomLabel));
    const row = make("div", "gc-decorated", icon(found.startIcon || found.icon), lines);
    if (found.button) row.append(this.button(found.button));
    if (found.endIcon) row.append(icon(found.endIcon));
    if (found.switchControl) row.append(toggle.call(this, found.switchControl));
    if (found.onClick) {
      row.classList.add("gc-clickable");
      row.tabIndex = 0;
      row.onclick = (event) => this.clicked(found.onClick, event);
    }
    return row;
  },

  buttonList({ buttons = [] }) {
    return make("div", "gc-buttons", ...buttons.map((found) => this.button(found)));
  },

  textInput(found) {
    const multiple = found.type === "MULTIPLE_LINE";
    const field = make(multiple ? "textarea" : "input", "gc-field");
    field.value = found.value || "";
    field.name = found.name;
    if (found.validation?.characterLimit) field.maxLength = found.validation.characterLimit;
    this.named(found.name, () => (field.value ? [field.value] : []), found.onChangeAction, field);
    const label = make("label", "gc-input", make("span", "gc-label", found.label || found.hintText || ""), field);
    const items = found.initialSuggestions?.items;
    if (items) {
      const list = make("datalist", "", ...items.map(({ text }) => Object.assign(document.createElement("option"), { value: text })));
      list.id = `gc-list-${Math.random().toString(36).slice(2)}`;
      field.setAttribute("list", list.id);
      label.append(list);
    }
    if (found.hintText && found.label) label.append(make("span", "gc-hint", found.hintText));
    return label;
  },

  selectionInput(found) {
    const items = (found.items || []).slice(0, 100);
    if (found.type === "DROPDOWN" || found.type === "MULTI_SELECT") {
      const select = make("select", "gc-field");
      select.multiple = found.type === "MULTI_SELECT";
      for (const item of items) select.append(new Option(item.text, item.value, false, Boolean(item.selected)));
      this.named(found.name, () => [...select.selectedOptions].map((option) => option.value), found.onChangeAction, select);
      return make("label", "gc-input", make("span", "gc-label", found.label || ""), select);
    }
    const group = make("fieldset", "gc-choices", make("legend", "gc-label", found.label || ""));
    for (const item of items) {
      const box = Object.assign(document.createElement("input"), {
        type: found.type === "RADIO_BUTTON" ? "radio" : "checkbox", name: found.name, value: item.value, checked: Boolean(item.selected),
      });
      group.append(make("label", "gc-choice", box, item.text));
    }
    const read = () => [...group.querySelectorAll("input:checked")].map((box) => box.value);
    this.named(found.name, read, found.onChangeAction, group);
    return group;
  },

  dateTimePicker(found) {
    const type = { DATE_ONLY: "date", TIME_ONLY: "time" }[found.type] || "datetime-local";
    const field = Object.assign(make("input", "gc-field"), { type, name: found.name });
    this.named(found.name, () => (field.value ? [field.value] : []), found.onChangeAction, field);
    return make("label", "gc-input", make("span", "gc-label", found.label || ""), field);
  },

  image(found) {
    const element = Object.assign(make("img", "gc-image"), { src: found.imageUrl, alt: found.altText || "" });
    if (found.onClick) element.onclick = (event) => this.clicked(found.onClick, event);
    return element;
  },

  divider() {
    return make("hr", "gc-divider");
  },

  grid(found) {
    const grid = make("div", "gc-grid");
    grid.style.gridTemplateColumns = `repeat(${found.columnCount || 2}, 1fr)`;
    for (const item of found.items || []) {
      const cell = make("div", "gc-cell");
      if (item.image?.imageUri) cell.append(Object.assign(document.createElement("img"), { src: item.image.imageUri, alt: item.image.altText || "" }));
      cell.append(make("div", "", item.title || ""), make("div", "gc-label", item.subtitle || ""));
      grid.append(cell);
    }
    return grid;
  },

  columns(found) {
    return make("div", "gc-columns", ...(found.columnItems || []).map((column) => make("div", "", ...(column.widgets || []).map((w) => this.widget(w)))));
  },

  chipList(found) {
    const chips = (found.chips || []).map((chip) => {
      const element = this.button({ ...chip, text: chip.label });
      element.classList.add("gc-chip");
      return element;
    });
    return make("div", "gc-chips", ...chips);
  },
};

function toggle(found) {
  const box = Object.assign(document.createElement("input"), { type: "checkbox", name: found.name, checked: Boolean(found.selected) });
  if (found.controlType !== "CHECK_BOX" && found.controlType !== "CHECKBOX") box.className = "gc-switch";
  this.named(found.name, () => (box.checked ? [found.value || "true"] : []), found.onChangeAction, box);
  return box;
}

/** A stack of cards with Gmail's navigation, its toast and its spinner. */
export class CardHost {
  constructor(element, { call, reload = () => {}, stale = () => {}, openLink = (link) => window.open(link.url, "_blank", "noopener") }) {
    Object.assign(this, { element, call, reload, stale, openLink, stack: [], menu: [] });
    element.classList.add("gc-host");
  }

  /** The answer to a trigger: a bare card, RenderActions, or the same in an envelope. */
  show(answer) {
    this.stack = [];
    this.apply(answer);
  }

  apply(answer) {
    const actions = answer?.renderActions || answer;
    if (actions?.sections) this.stack.push(actions);
    for (const step of actions?.action?.navigations || []) this.step(step);
    if (answer?.requesting_google_scopes) this.toast("Google would ask for your consent here.");
    if (actions?.action?.link) this.open(actions.action.link);
    if (actions?.action?.notification?.text) this.toast(actions.action.notification.text);
    this.draw();
    if (answer?.stateChanged) this.stale();
  }

  step(step) {
    if (step.pushCard) this.stack.push(step.pushCard);
    else if (step.updateCard) this.stack.splice(-1, 1, step.updateCard);
    else if (step.popToRoot) this.stack.splice(1);
    else if (step.pop) this.stack.length > 1 && this.stack.pop();
    else if (step.popToCard) {
      const at = this.stack.findLastIndex((card) => card.name === step.popToCard);
      if (at >= 0) this.stack.splice(at + 1);
    }
  }

  draw() {
    const card = this.stack.at(-1);
    const children = card ? [new CardView(card, this).element] : [make("p", "gc-empty", "Nothing to show.")];
    if (this.stack.length > 1) {
      const back = make("button", "gc-back", "← Back");
      back.type = "button";
      back.onclick = () => (this.stack.pop(), this.draw());
      children.unshift(back);
    }
    this.element.replaceChildren(...children);
  }

  async click(action, view) {
    if (!action) return;
    const missing = (action.requiredWidgets || []).filter((name) => !view.values()[name]);
    if (missing.length) return this.toast("Fill in what is required.");
    this.element.classList.toggle("gc-busy", action.loadIndicator !== "NONE");
    try {
      this.apply(await this.call(action, view.values()));
    } catch (error) {
      this.toast("Something went wrong.");
      console.error(error);
    } finally {
      this.element.classList.remove("gc-busy");
    }
  }

  open(link) {
    if (!SAFE_LINK.test(link.url || "")) return;
    this.openLink(link);
    if (link.onClose === "RELOAD") this.awaitReturn();
  }

  awaitReturn() {
    window.addEventListener("focus", () => this.reload(), { once: true });
  }

  toast(text) {
    const toast = make("div", "gc-toast", text);
    toast.setAttribute("role", "status");
    document.body.append(toast);
    setTimeout(() => toast.remove(), 4000);
  }
}
