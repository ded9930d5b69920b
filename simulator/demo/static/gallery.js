import { CardHost } from "/static/cards.js";
import { setUpTheme } from "/static/theme.js";

setUpTheme();
const cards = await (await fetch("/api/gallery")).json();
const gallery = document.getElementById("gallery");
for (const { name, card } of cards) {
  const figure = document.createElement("figure");
  const frame = document.createElement("div");
  frame.className = "panel";
  figure.append(Object.assign(document.createElement("figcaption"), { textContent: name }), frame);
  gallery.append(figure);
  const host = new CardHost(frame, { call: async () => ({ renderActions: { action: {} } }) });
  host.show(card);
}
gallery.dataset.ready = "yes";
