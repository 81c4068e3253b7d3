(() => {
  "use strict";

  // What `page_data` wrote; everything in it is text, and becomes text nodes only.
  const data = JSON.parse(document.getElementById("data").textContent);
  const MARKS = { hotpatch: "H", baseline: "B", update: "C", packages: "P", nothing: "–", unknown: "?" };
  const SIGNS = { yes: "↻", no: "", unknown: "?" };
  const SEVERITIES = { error: 0, warning: 1, info: 2 };
  const PRINTED = 500;

  const count = (number) => number.toLocaleString("en");
  const group = (machine) => data.groups[machine[3]];
  const cellOf = (machine, month) => data.cells[group(machine)[0][month]];

  function element(name, options = {}, ...children) {
    const made = document.createElement(name);
    Object.entries(options).forEach(([key, value]) => made.setAttribute(key, value));
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }

  function drawnCell([coming, restart, words]) {
    const sign = coming === "nothing" || coming === "unknown" ? "" : SIGNS[restart];
    const classes = `cell ${coming}${restart === "unknown" ? " open" : ""}`;
    return element(
      "span",
      { class: classes },
      element("span", { "aria-hidden": "true" }, MARKS[coming] + sign),
      element("span", { class: "unseen" }, words),
    );
  }

  function severities(machine) {
    const tally = [0, 0, 0];
    machine[4].forEach((number) => {
      const [, severity, , , waived] = data.findings[number];
      if (!waived) tally[SEVERITIES[severity]] += 1;
    });
    return tally;
  }

  function drawnFindings(machine) {
    const words = ["error", "warning", "remark"];
    const made = element("span", {});
    severities(machine).forEach((number, at) => {
      if (!number) return;
      if (made.childNodes.length) made.append(", ");
      const severity = Object.keys(SEVERITIES)[at];
      made.append(element("span", { class: severity }, `${count(number)} ${words[at]}${number === 1 ? "" : "s"}`));
    });
    return made.childNodes.length ? made : "–";
  }

  function table(headers, rows, caption) {
    const head = element("tr", {}, ...headers.map((header) => element("th", { scope: "col" }, header)));
    const body = rows.map((row) => element("tr", {}, ...row.map((value) => element("td", {}, value ?? "–"))));
    const made = element("table", {}, element("caption", {}, caption), element("thead", {}, head));
    made.append(element("tbody", {}, ...body));
    return element("div", { class: "wide", role: "group", tabindex: "0", "aria-label": caption }, made);
  }

  // What a machine's name opens.
  function details(machine) {
    const [prefix] = data.places[machine[1]];
    const made = element("div", { class: "details" }, element("p", { class: "id soft" }, prefix + machine[0]));
    const months = group(machine)[4].map(([month, kind, window, restart, why]) => [
      data.months[month],
      kind,
      window < 0 ? null : data.windows[window].join(": "),
      restart === "unknown" ? "not decided" : restart,
      data.whys[why],
    ]);
    made.append(table(["Month", "Release", "Window", "Restart", "Why"], months, `The months of ${machine[0]}`));
    const found = machine[4].map((number) => {
      const [rule, severity, reason, fix, waived] = data.findings[number];
      return [rule, waived ? `${severity}, waived` : severity, reason, waived || fix];
    });
    if (found.length) made.append(table(["Rule", "Severity", "Why", "Fix"], found, `Findings on ${machine[0]}`));
    return made;
  }

  function toggle(button, row) {
    const open = !row.child.isShown();
    button.setAttribute("aria-expanded", String(open));
    if (open) row.child(details(row.data())).show();
    else row.child.hide();
  }

  const text = DataTable.render.text();
  // What is shown and what is searched is markup to the library: it reads entities by making elements.
  const plain = (at) => ({
    data: at,
    type: "string",
    render: {
      display: (value) => text.display(value ?? "–"),
      filter: (value) => text.display(value ?? ""),
      _: (value) => value ?? "",
    },
  });
  const numbers = { className: "number", type: "num" };
  const LAYOUT = { topStart: null, topEnd: null, bottomStart: "info", bottomEnd: "paging" };
  const COMMON = {
    autoWidth: false,
    deferRender: true,
    pageLength: 25,
    layout: LAYOUT,
    // Pages are turned in three tables.
    drawCallback() {
      const nav = this.api().table().container().querySelector("nav");
      nav?.setAttribute("aria-label", `Pages of the table of ${this.api().table().node().id}`);
    },
    language: { entries: { _: "rows", 1: "row" }, emptyTable: "Nothing is known.", zeroRecords: "Nothing fits." },
  };
  const asRowHeader = { cellType: "th", createdCell: (node) => node.setAttribute("scope", "row") };

  function machineColumns() {
    const name = {
      data: null,
      type: "string",
      ...asRowHeader,
      render: (machine, type) => {
        const [, place] = data.places[machine[1]];
        if (type !== "display") return machine[0];
        const button = element("button", { type: "button", class: "more", "aria-expanded": "false" }, machine[0]);
        return element("span", {}, button, place ? element("div", { class: "plain" }, place) : null);
      },
    };
    const system = { data: null, type: "string", render: (machine) => text.display(data.systems[machine[2]]) };
    const findings = {
      data: null,
      type: "num",
      render: (machine, type) => {
        if (type === "display") return drawnFindings(machine);
        return severities(machine).reduce((weight, number) => weight * 1000 + number, 0);
      },
    };
    const months = data.months.map((_, month) => ({
      data: null,
      type: "string",
      className: "month",
      render: (machine, type) => {
        const cell = cellOf(machine, month);
        return type === "display" ? drawnCell(cell) : cell[2];
      },
    }));
    const restarts = { data: null, type: "num", className: "number", render: (machine) => group(machine)[1] };
    return [name, system, findings, ...months, restarts].map((column) => ({ ...column, searchable: false }));
  }

  // By machine, what is searched: made at once, and with the whole id in it.
  const searched = new Map(
    data.machines.map((machine) => [machine, (data.places[machine[1]][0] + machine[0]).toLowerCase()]),
  );

  const fits = {
    find: (machine, wanted) => wanted.split(" ").every((word) => searched.get(machine).includes(word)),
    "by-restart": (machine, wanted) => {
      const [, sure, open] = group(machine);
      if (wanted === "next") return cellOf(machine, 0)[1] === "yes";
      if (wanted === "any") return sure > 0;
      return wanted === "never" ? sure === 0 && open === 0 : open > 0;
    },
    "by-system": (machine, wanted) => data.systems[machine[2]] === wanted,
    "by-finding": (machine, wanted) => {
      const tally = severities(machine);
      return wanted === "none" ? !tally.some(Boolean) : tally[SEVERITIES[wanted]] > 0;
    },
    "by-schedule": (machine, wanted) => schedules(group(machine)).includes(wanted),
  };

  function schedules([, , , , expected]) {
    const found = expected.map(([, , window]) => (window < 0 ? "nothing" : data.windows[window][0]));
    return [...new Set(found)].filter((name, _, all) => name !== "nothing" || all.length === 1);
  }

  function offer(id, values) {
    const select = document.getElementById(id);
    [...new Set(values)].sort().forEach((value) => select.append(element("option", { value }, value)));
  }

  function summary(shown) {
    let [restarts, open, without] = [0, 0, 0];
    shown.forEach((machine) => {
      const [, sure, undecided, otherwise] = group(machine);
      restarts += sure;
      open += undecided;
      without += otherwise;
    });
    const more = open ? `, ${count(open)} more not decided` : "";
    return `${count(restarts)} restarts instead of ${count(without)}${more}`;
  }

  function showMachines() {
    let machines = null;
    const shown = new DataTable("#machines", {
      ...COMMON,
      data: data.machines,
      columns: machineColumns(),
      order: [],
      infoCallback: (settings, start, end, max, total) => {
        if (!total) return "No machine fits.";
        const rows = machines === null ? data.machines : machines.rows({ search: "applied" }).data().toArray();
        const of = total === max ? "" : ` (of ${count(max)})`;
        return `Machines ${count(start)} to ${count(end)} of ${count(total)}${of}: ${summary(rows)}.`;
      },
    });
    machines = shown;
    document.querySelector("#machines tbody").addEventListener("click", (event) => {
      const button = event.target.closest("button.more");
      if (button) toggle(button, machines.row(button.closest("tr")));
    });
    const form = document.querySelector(".filters");
    const chosen = () => {
      Object.entries(fits).forEach(([id, fit]) => {
        const { value, type } = document.getElementById(id);
        const wanted = type === "search" ? value.trim().toLowerCase() : value;
        machines.search.fixed(id, wanted ? (_, machine) => fit(machine, wanted) : null);
      });
      machines.draw();
    };
    form.addEventListener("input", chosen);
    form.addEventListener("submit", (event) => event.preventDefault());
    // The values are back only after the event.
    form.addEventListener("reset", () => setTimeout(chosen));
    offer("by-system", data.systems);
    offer("by-schedule", data.groups.flatMap(schedules));
    return machines;
  }

  function showStatus() {
    const rows = data.machines.map((machine) => {
      const track = machine[6] < 0 ? null : data.tracks[machine[6]][0];
      return [machine[0], track, ...(machine[5] ?? Array(8).fill(null))];
    });
    // The status of an assessment is told where it is no success.
    rows.forEach((row) => {
      if (row[4] && row[4] !== "Succeeded") row[3] = `${row[3] ?? ""} ${row[4]}`.trim();
    });
    const columns = [
      { ...plain(0), ...asRowHeader },
      plain(1),
      plain(2),
      plain(3),
      { ...plain(5), ...numbers },
      { ...plain(6), ...numbers },
      plain(7),
      plain(8),
      plain(9),
    ];
    return new DataTable("#status", { ...COMMON, data: rows, columns, order: [], layout: { ...LAYOUT, topStart: "search" } });
  }

  function showHistory() {
    const columns = [0, 1, 2, 3, 4, 5, 6, 7].map((at) => (at === 3 || at === 4 ? { ...plain(at), ...numbers } : plain(at)));
    const layout = { ...LAYOUT, topStart: "search" };
    return new DataTable("#history", { ...COMMON, data: data.history, columns, order: [], layout });
  }

  const tables = [showMachines()];
  performance.mark("azure-hotpatch-ready");
  const later = window.requestIdleCallback ?? ((work) => setTimeout(work, 50));
  later(() => {
    if (document.getElementById("status")) tables.push(showStatus());
    if (document.getElementById("history")) tables.push(showHistory());
    document.documentElement.dataset.tables = "drawn";
  });

  // Paper has no pages to turn: what is chosen is printed, as far as that is sensible.
  window.addEventListener("beforeprint", () => {
    tables.forEach((one) => one.page.len(PRINTED).draw());
    document.querySelectorAll("details:not([open])").forEach((one) => {
      one.open = true;
      one.dataset.opened = "";
    });
  });
  window.addEventListener("afterprint", () => {
    tables.forEach((one) => one.page.len(COMMON.pageLength).draw());
    document.querySelectorAll("details[data-opened]").forEach((one) => {
      one.open = false;
      delete one.dataset.opened;
    });
  });
})();
