/* What makes the portal pleasant with JavaScript; everything works without it. No dependency, no eval.
   Drafts stay on this device under the reader's opaque key, never hold passwords, codes or files, and are
   forgotten at sign-out, after half a day, and when another person signs in: computers are shared. */
(() => {
  "use strict";
  const PREFIX = "draft:";
  const HALF_DAY = 12 * 60 * 60 * 1000;
  const body = document.body;
  const words = body.dataset;
  const viewer = words.viewer || "";
  const failed = Number(words.status) >= 400;

  /* ---- Drafts ---------------------------------------------------------------------------- */
  const store = {
    read(key) {
      try {
        return JSON.parse(localStorage.getItem(key));
      } catch {
        return null; // storage refused or damaged: the form still works, only without a draft
      }
    },
    write(key, value) {
      try {
        localStorage.setItem(key, JSON.stringify(value));
        return true;
      } catch {
        return false; // full or refused: say nothing was kept
      }
    },
    drop(key) {
      try {
        localStorage.removeItem(key);
      } catch {
        return; // storage refused: there is nothing to drop
      }
    },
    keys() {
      try {
        return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
      } catch {
        return [];
      }
    },
  };

  const keyOf = (form) => PREFIX + viewer + ":" + location.pathname + ":" + form.dataset.draft;

  const keepable = (field) =>
    field.name &&
    field.name !== "csrf_token" &&
    !["password", "file", "hidden", "submit", "button"].includes(field.type) &&
    !("secret" in field.dataset) &&
    field.autocomplete !== "one-time-code";

  const valuesOf = (form) => {
    const values = {};
    for (const field of form.elements) {
      if (!keepable(field)) continue;
      const list = (values[field.name] ||= []);
      if (["checkbox", "radio"].includes(field.type)) {
        if (field.checked) list.push(field.value);
      } else {
        list.push(field.value);
      }
    }
    return values;
  };

  const fill = (form, values) => {
    const seen = {};
    for (const field of form.elements) {
      if (!keepable(field) || !(field.name in values)) continue;
      if (["checkbox", "radio"].includes(field.type)) {
        field.checked = values[field.name].includes(field.value);
      } else {
        const index = (seen[field.name] = (seen[field.name] ?? -1) + 1);
        if (index < values[field.name].length) field.value = values[field.name][index];
      }
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
  };

  const tidyDrafts = () => {
    for (const key of store.keys()) {
      const draft = store.read(key);
      // a session that ended or an answer that failed: what was sent has not arrived
      if (draft?.sent && (failed || !viewer)) store.write(key, { ...draft, sent: false });
      const stale = !draft || Date.now() - draft.at > HALF_DAY;
      const foreign = viewer && !key.startsWith(PREFIX + viewer + ":");
      const arrived = draft && draft.sent && !failed && !formOf(key) && viewer;
      if (stale || foreign || arrived) store.drop(key);
    }
  };

  const formOf = (key) => [...document.querySelectorAll("form[data-draft]")].find((form) => keyOf(form) === key);

  const noteOf = (form) => {
    let note = form.querySelector(".draft-note");
    if (!note) {
      note = document.createElement("p");
      note.className = "draft-note";
      note.setAttribute("role", "status");
      form.append(note);
    }
    return note;
  };

  const keepDrafts = (form) => {
    const key = keyOf(form);
    const shown = JSON.stringify(valuesOf(form));
    const draft = store.read(key);
    if (draft && JSON.stringify(draft.values) !== shown && !form.querySelector("[aria-invalid]")) {
      const note = noteOf(form);
      const was = JSON.parse(shown);
      fill(form, draft.values);
      note.textContent = words.wordsRestored;
      const drop = document.createElement("button");
      drop.type = "button";
      drop.className = "btn btn-link btn-sm";
      drop.textContent = words.wordsDiscard;
      drop.addEventListener("click", () => {
        store.drop(key);
        fill(form, was);
        note.textContent = "";
        form.querySelector("input:not([type=hidden]), select, textarea")?.focus();
      });
      note.append(drop);
      form.prepend(note);
    } else if (draft) {
      store.drop(key);
    }
    let timer = 0;
    const save = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (store.write(key, { at: Date.now(), values: valuesOf(form) })) noteOf(form).textContent = words.wordsKept;
      }, 500);
    };
    form.addEventListener("input", save);
    form.addEventListener("submit", () => {
      clearTimeout(timer);
      store.write(key, { at: Date.now(), values: valuesOf(form), sent: true });
    });
  };

  /* ---- One click, one deed ------------------------------------------------------------------ */
  const release = (form) => {
    delete form.dataset.busy;
    form.removeAttribute("aria-busy");
    for (const button of form.querySelectorAll("[data-was-on]")) {
      button.disabled = false;
      delete button.dataset.wasOn;
    }
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.busy) {
      event.preventDefault();
      return;
    }
    form.dataset.busy = "yes";
    form.setAttribute("aria-busy", "true");
    if ("signOut" in form.dataset) store.keys().forEach(store.drop);
    // after the browser has taken the pressed button's name and value
    setTimeout(() => {
      if (event.defaultPrevented) {
        release(form);
        return;
      }
      for (const button of form.querySelectorAll("button:not([type=button]):enabled")) {
        button.dataset.wasOn = "yes";
        button.disabled = true;
      }
    });
    // a download answers without a new page; any other answer may have been lost with the line
    setTimeout(() => release(form), "download" in form.dataset ? 4000 : 20000);
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-busy]").forEach(release));

  /* ---- Long lists ------------------------------------------------------------------------------ */
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

  const findIn = (set) => {
    const choices = [...set.querySelectorAll(".choice")];
    const boxes = choices.map((choice) => choice.querySelector("input"));
    const tools = document.createElement("div");
    tools.className = "find";
    if ("search" in set.dataset && choices.length > 7) {
      const field = document.createElement("input");
      const count = document.createElement("output");
      field.type = "search";
      field.className = "form-control";
      field.placeholder = set.dataset.search;
      field.setAttribute("aria-label", set.dataset.search);
      field.addEventListener("input", () => {
        const wanted = plain(field.value.trim());
        let shown = 0;
        for (const choice of choices) {
          choice.hidden = !plain(choice.textContent).includes(wanted);
          shown += choice.hidden ? 0 : 1;
        }
        for (const group of set.querySelectorAll(".choices")) group.hidden = !group.querySelector(".choice:not([hidden])");
        count.textContent = wanted ? `${shown} ${set.dataset.found}` : "";
      });
      field.addEventListener("keydown", (event) => {
        if (event.key === "Enter") event.preventDefault();
      });
      tools.append(field, count);
    }
    for (const [word, on] of [[set.dataset.all, true], [set.dataset.none, false]]) {
      if (!word) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-link btn-sm";
      button.textContent = word;
      button.addEventListener("click", () => {
        boxes.forEach((box, index) => {
          if (!choices[index].hidden) box.checked = on;
        });
        set.dispatchEvent(new Event("change", { bubbles: true }));
        set.dispatchEvent(new Event("input", { bubbles: true }));
      });
      tools.append(button);
    }
    if (tools.children.length) set.querySelector(".choices").before(tools);
  };

  /* ---- Small helps -------------------------------------------------------------------------------- */
  const countDown = (field) => {
    const line = document.getElementById(field.id + "-count");
    if (!line) return;
    const show = () => {
      line.textContent = `${field.maxLength - field.value.length} ${field.dataset.count}`;
    };
    field.addEventListener("input", show);
    field.addEventListener("change", show);
    show();
  };

  // Cards on a phone are still a table for a screen reader, and each cell names its column.
  const cardTable = (table) => {
    const heads = [...table.querySelectorAll("thead th")].map((head) =>
      head.querySelector(".visually-hidden") ? "" : head.textContent.trim());
    table.setAttribute("role", "table");
    for (const part of table.querySelectorAll("thead, tbody")) part.setAttribute("role", "rowgroup");
    for (const row of table.querySelectorAll("tr")) {
      row.setAttribute("role", "row");
      [...row.cells].forEach((cell, index) => {
        const kind = cell.tagName === "TD" ? "cell" : cell.scope === "row" ? "rowheader" : "columnheader";
        cell.setAttribute("role", kind);
        if (kind === "cell" && !cell.hasAttribute("data-label") && !row.classList.contains("none")) cell.dataset.label = heads[index] || "";
      });
    }
  };

  // What scrolls must be reachable by keyboard.
  const reach = (box) => {
    if (box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1) box.tabIndex = 0;
  };

  const each = (root, selector, deed) => {
    for (const found of root.querySelectorAll(selector)) {
      if (found.dataset.ready) continue;
      found.dataset.ready = "yes";
      deed(found);
    }
  };

  const enhance = (root) => {
    each(root, "fieldset[data-search], fieldset[data-all]", findIn);
    each(root, "textarea[data-count]", countDown);
    each(root, "table.data", cardTable);
    each(root, ".table-frame, .keep-in-sight", reach);
    each(root, "form[data-draft]", keepDrafts);
  };

  const offline = () => {
    let notice = document.querySelector(".offline");
    if (navigator.onLine) {
      notice?.remove();
    } else if (!notice) {
      notice = document.createElement("p");
      notice.className = "offline";
      notice.setAttribute("role", "alert");
      notice.textContent = document.querySelector("form[data-draft]") ? words.wordsOffline : words.wordsOfflinePlain;
      body.prepend(notice);
    }
  };

  tidyDrafts();
  enhance(document);
  document.querySelector(".error-summary")?.focus();
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".error-summary a[href^='#']");
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.scrollIntoView({ block: "center" });
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector(".site-menu[open], .nav-more[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  for (const left of ["click", "focusin"]) {
    document.addEventListener(left, (event) => {
      const more = document.querySelector(".nav-more[open]");
      if (more && !more.contains(event.target)) more.open = false;
    });
  }
  window.addEventListener("resize", () => document.querySelectorAll(".table-frame, .keep-in-sight").forEach(reach));
  document.addEventListener("htmx:load", (event) => enhance(event.detail.elt.parentNode || document));
  window.addEventListener("online", offline);
  window.addEventListener("offline", offline);
  offline();
})();
