// Makes the chat live over the chat API. Without this script the page is a form that does the same.
"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  const log = at("log"), list = at("fil"), form = at("envoi"), field = at("fin"), status = at("etat"), say = at("mots").dataset;
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  if (log.hasAttribute("data-stored")) { list.lastElementChild.scrollIntoView(); return; } // the form's own conversation goes on as a form

  const API = "/api/v1/conversations", shown = new Set(), waiting = [], SLOWEST_S = 20;
  let chat = read("proche"), last = 0, opening = null, busy = 0;

  function read(key) { try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; } }
  function keep(value) {
    chat = value;
    try { value ? sessionStorage.setItem("proche", JSON.stringify(value)) : sessionStorage.removeItem("proche"); } catch { /* this page alone remembers */ }
  }
  function el(tag, className, ...inside) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    made.append(...inside);
    return made;
  }
  const icon = (name) => document.querySelector(`#icones .${name}`).firstElementChild.cloneNode(true);
  const fr = (text) => text.replace(/ (?=[;:!?»%€])/g, "\u00a0").replace(/« /g, "«\u00a0").replace(/(\d) (?=\d)/g, "$1\u00a0");
  function link(href, ...inside) { const a = el("a", "", ...inside); a.href = href; return a; }
  function call(number, label, sms) {
    const a = link((sms ? "sms:" : "tel:") + number.replace(/[^\d+]/g, ""), icon(sms ? "sms" : "tel"), el("b", "", fr(number)));
    if (label) a.append(" ", el("span", "", fr(label)));
    a.className = "call";
    return a;
  }

  const state = (lieu) => lieu.open_now === null ? "unsure" : !lieu.open_now ? "closed" : lieu.open_on_arrival === false ? "late" : "open";
  function placeCard(lieu) {
    const where = [lieu.address, lieu.commune].filter(Boolean).join(", "), phone = lieu.phone ? el("p", "", call(lieu.phone)) : el("p", "soft", say.nophone);
    const far = lieu.distance_km >= 1 ? ` (${String(lieu.distance_km).replace(".", ",")} km)` : "";
    const more = [["strong", lieu.note], ["tag", lieu.competent && say.competent], ["tag", lieu.unconditional && say.unconditional]];
    return el("article", "card", el("h2", "", link("/lieux/" + encodeURIComponent(lieu.id), lieu.name)),
      el("p", "state " + state(lieu), icon("horloge"), fr(lieu.opening_text)),
      ...(lieu.far > 10 ? [el("p", "strong", fr(say.far.replace("{minutes}", lieu.travel_min))), phone, el("p", "", where + far)] : [el("p", "", where + far), phone]),
      ...more.filter(([, text]) => text).map(([kind, text]) => el("p", kind, fr(text))));
  }
  function ficheCard(fiche) {
    const card = el("article", "card", el("h2", "", link("/fiches/" + encodeURIComponent(fiche.slug), fr(fiche.title))));
    if (fiche.numbers.length) card.append(el("p", "calls", ...fiche.numbers.slice(0, 3).map((n) => call(n.number, n.label))));
    if (fiche.statut !== "valide") card.append(el("p", "soft", say.unread));
    return card;
  }
  function officialCard(page) {
    const away = link(page.url, fr(page.title));
    away.rel = "noreferrer external";
    return el("article", "card", el("h2", "", away), el("p", "soft", say.official));
  }
  function bubble(sender, text) {
    const item = el("li", "msg " + sender, el("p", "who", { citizen: say.you, assistant: say.proche, mediator: say.mediator }[sender] || say.system, el("span", "vh", "\u00a0:")));
    const words = el("p", "text", sender === "citizen" ? text : fr(text));
    words.dir = item.dir = "auto";
    item.append(words);
    return item;
  }
  function spoken({ text, lieux }) { // the places said line by line are on their cards
    const lines = text.split("\n"), said = (line) => (line || "").startsWith("• ");
    const others = lines.filter((line, rank) => !said(line) && !(rank && line.endsWith(" :") && said(lines[rank + 1])));
    return lieux.length && lines.filter(said).length === lieux.length ? others.join("\n") : text;
  }
  function draw(message) {
    const item = bubble(message.sender, spoken(message)), level = message.danger && message.danger.level;
    if (level) {
      item.classList.add("danger", "level-" + level);
      item.firstChild.after(el("p", "sign", icon(level === "talk" ? "ecouter" : "alerte"), { card: say.danger, ask: say.question }[level] || say.listen));
    }
    if (message.urgent.length) item.append(el("ul", "urgent", ...message.urgent.map((n) => el("li", "", call(n.number, n.label, n.sms)))));
    const offered = message.choices.map((choice) => choice.title);
    item.append(...message.fiches.filter((fiche) => !offered.includes(fiche.title)).map(ficheCard), ...message.official.map(officialCard), ...message.lieux.map(placeCard));
    if (message.handoff && message.handoff.phone) item.append(el("p", "handoff", call(message.handoff.phone, message.handoff.hours_text)));
    if (message.choices.length) {
      const group = el("div", "choices", ...message.choices.map((choice) => {
        const button = el("button", "", fr(choice.title));
        button.type = "button";
        button.addEventListener("click", () => {
          if (button.getAttribute("aria-disabled")) return;
          for (const other of group.children) other.setAttribute("aria-disabled", "true");
          send({ choice: choice.id }, choice.title);
        });
        return button;
      }));
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", say.choices);
      item.append(group);
    }
    return item;
  }
  function add(message) {
    if (message.seq) {
      if (shown.has(message.seq)) return;
      shown.add(message.seq);
      last = Math.max(last, message.seq);
    }
    if (message.sender === "citizen") {
      const mine = waiting.findIndex((item) => !item.failed && !(item.before < message.seq));
      if (mine >= 0) { waiting.splice(mine, 1)[0].words.textContent = message.text; return; } // as it was kept: numbers masked
    }
    put(draw(message));
  }
  function put(item) {
    list.append(item);
    item.scrollIntoView({ block: "nearest" });
  }

  async function ask(path, options, token) {
    const headers = { "Content-Type": "application/json" };
    if (token) headers.Authorization = "Bearer " + token;
    const answer = await fetch(API + path, { ...options, headers: { ...headers, ...(options && options.headers) }, signal: AbortSignal.timeout ? AbortSignal.timeout(SLOWEST_S * 1000) : undefined });
    return { status: answer.status, body: answer.status === 204 ? null : await answer.json() };
  }
  function open() { // one conversation, however many messages wait for it
    opening = opening || ask("", { method: "POST", body: '{"locale":"fr"}' }).then(({ status, body }) => {
      if (status !== 201) throw body;
      for (const message of body.messages) { shown.add(message.seq); last = Math.max(last, message.seq); } // the welcome is on the page
      keep({ id: body.id, token: body.token });
      listen();
    }).finally(() => { opening = null; });
    return opening;
  }

  async function send(what, text) {
    const item = bubble("citizen", text), note = el("p", "mark", say.sending), entry = { words: item.querySelector(".text"), failed: false };
    item.append(note);
    put(item);
    waiting.push(entry);
    what.client_id = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    const attempt = async (again) => {
      entry.failed = false;
      note.textContent = say.sending;
      busy += 1;
      const thinking = setTimeout(() => { status.textContent = say.thinking; }, 700);
      try {
        if (!chat) await open();
        const { status: code, body } = await ask(`/${chat.id}/messages`, { method: "POST", body: JSON.stringify(what) }, chat.token);
        if ((code === 404 || code === 401) && what.text && again) { forget(); return await attempt(false); } // expired: nothing said is lost
        (body.messages || []).forEach(add);
        item.scrollIntoView({ block: "start" }); // the question on top, its answers under it
        if (body.error) throw body;
        note.textContent = say.sent;
        entry.before = body.messages.length ? body.messages[0].seq : undefined;
        status.textContent = body.messages.length ? "" : say.waiting;
        if (body.messages.some((one) => !one.seq)) await check();
      } catch (problem) {
        fail(problem);
      } finally {
        clearTimeout(thinking);
        busy -= 1;
        if (!busy && status.textContent === say.thinking) status.textContent = "";
      }
    };
    const fail = (problem) => {
      entry.failed = true;
      const refused = problem && problem.error;
      const retry = el("button", "retry", say.retry);
      retry.type = "button";
      retry.addEventListener("click", () => { field.focus(); attempt(true); });
      note.replaceChildren(say.failed, " ", retry);
      put(draw({ sender: "system", text: refused ? refused.message : say.offline, urgent: [], fiches: [], official: [], lieux: [], choices: [] }));
      if (refused && what.text && !field.value) field.value = what.text;
    };
    await attempt(true);
  }
  async function check() { // EFFACER was written: the conversation is gone
    const { status: code } = await ask(`/${chat.id}/messages?after=${last}`, {}, chat.token);
    if (code === 404) forget();
  }
  function forget() { keep(null); last = 0; shown.clear(); waiting.length = 0; }

  async function listen() {
    const mine = chat;
    let pause = 1;
    while (chat === mine) {
      try {
        const stream = await fetch(`${API}/${mine.id}/events`, { headers: { Authorization: "Bearer " + mine.token, "Last-Event-ID": String(last) } });
        if (stream.status === 404 || stream.status === 401) { if (chat === mine) { forget(); status.textContent = say.ended; } return; }
        if (stream.ok) { pause = 1; await follow(stream.body.pipeThrough(new TextDecoderStream()).getReader(), mine); }
      } catch { /* the network is away: again in a moment */ }
      await new Promise((done) => setTimeout(done, pause * 1000));
      pause = Math.min(pause * 2, 15);
    }
  }
  async function follow(reader, mine) {
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done || chat !== mine) { reader.cancel(); return; }
      const events = (rest + value).split("\n\n");
      rest = events.pop();
      for (const event of events) {
        const data = event.split("\n").find((line) => line.startsWith("data: "));
        if (data && event.includes("event: message")) add(JSON.parse(data.slice(6)));
      }
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = field.value.trim();
    field.focus();
    if (!text) return;
    field.value = "";
    send({ text }, text);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && matchMedia("(pointer: fine)").matches) { event.preventDefault(); form.requestSubmit(); }
  });
  at("effacer").addEventListener("submit", async (event) => {
    event.preventDefault();
    if (chat) {
      try {
        const { status: code } = await ask("/" + chat.id, { method: "DELETE" }, chat.token);
        if (code !== 204 && code !== 404) throw new Error();
      } catch { status.textContent = say.offline; return; }
    }
    forget();
    list.replaceChildren();
    status.textContent = say.erased;
    event.target.parentElement.open = false;
    field.focus();
  });

  async function start() {
    if (chat) {
      log.setAttribute("aria-live", "off"); // the history is not news
      try {
        const { status: code, body } = await ask(`/${chat.id}/messages`, {}, chat.token);
        if (code === 200) { list.replaceChildren(); body.messages.forEach(add); listen(); } else if (code === 404 || code === 401) forget();
      } catch { listen(); }
      log.setAttribute("aria-live", "polite");
    }
    const question = (() => { try { const kept = sessionStorage.getItem("proche-question"); sessionStorage.removeItem("proche-question"); return kept; } catch { return null; } })();
    if (question) send({ text: question }, question);
  }
  start();
})();
