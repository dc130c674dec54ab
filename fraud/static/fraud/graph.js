/* The linked accounts as a graph that answers to clicks. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
    const frame = document.querySelector("[data-graph]");
    const source = document.getElementById("graph-elements");
    if (!frame || !source || !window.cytoscape) return;
    frame.hidden = false;
    const began = performance.now();
    const elements = JSON.parse(source.textContent);
    const accounts = elements.filter((each) => each.data.type === "account").length;
    const isLarge = accounts > 40;
    const graph = cytoscape({
        container: document.getElementById("graph"),
        elements,
        style: styles(isLarge),
        layout: layoutFor(elements, accounts),
        minZoom: 0.1,
        maxZoom: 3,
        userZoomingEnabled: false,
        boxSelectionEnabled: false,
    });
    settle(graph);
    frame.dataset.ready = String(Math.ceil(performance.now() - began));
    lookWhereItIs(graph);
    tools(frame, graph);
    details(graph);
    new MutationObserver(() => graph.style(styles(isLarge))).observe(document.documentElement, {
        attributeFilter: ["class"],
    });
});

function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/* Cytoscape reads no oklch(): a canvas tells any colour as one that it reads. */
function plain(name) {
    const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    context.fillStyle = colour(name) || "#888";
    context.fillRect(0, 0, 1, 1);
    const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
    return `rgb(${red}, ${green}, ${blue})`;
}

function styles(isLarge) {
    const ink = plain("--ink-strong"), soft = plain("--ink-soft"), ground = plain("--ground");
    return [
        { selector: "node", style: {
            "background-color": plain("--color-base-400"), "color": ink, "font-size": 10,
            "height": isLarge ? 14 : 20, "width": isLarge ? 14 : 20,
            "min-zoomed-font-size": 7, "text-valign": "bottom", "text-margin-y": 3,
            "text-outline-color": ground, "text-outline-width": 2 } },
        { selector: "node[type = 'account']", style: { "label": isLarge ? "" : "data(label)" } },
        { selector: "node[standing = 'watched']", style: { "background-color": plain("--warn") } },
        { selector: "node[standing = 'blocked']", style: { "background-color": plain("--minus") } },
        { selector: "node[?party]", style: {
            "label": "data(label)", "font-weight": "bold", "font-size": 12, "height": 28, "width": 28,
            "border-color": plain("--color-primary-600"), "border-width": 4 } },
        { selector: "node[?party][standing = 'normal']", style: {
            "background-color": plain("--color-primary-600") } },
        { selector: "node[type = 'identifier']", style: {
            "background-color": ground, "border-color": plain("--info"), "border-width": 2,
            "label": "data(label)", "shape": "round-rectangle", "color": plain("--info"),
            "height": 12, "width": 18 } },
        { selector: "node[?blocked]", style: {
            "border-color": plain("--minus"), "color": plain("--minus") } },
        { selector: "edge", style: {
            "curve-style": "straight", "line-color": soft, "opacity": 0.45, "width": 1 } },
        { selector: "edge[type = 'invitation']", style: {
            "curve-style": "bezier", "line-color": plain("--color-primary-600"), "opacity": 0.9,
            "target-arrow-color": plain("--color-primary-600"), "target-arrow-shape": "triangle",
            "width": 2 } },
        { selector: "edge[?refused]", style: { "line-style": "dashed", "opacity": 0.6 } },
        { selector: ".faint", style: { "opacity": 0.12 } },
        { selector: ".chosen", style: { "label": "data(label)", "border-color": ink, "border-width": 3 } },
    ];
}

/* Cytoscape remembers where on the page it is until somebody scrolls; what unfolds above moves it. */
function lookWhereItIs(graph) {
    const forget = () => graph.renderer().invalidateContainerClientCoordsCache();
    for (const began of ["mousedown", "touchstart"]) {
        graph.container().addEventListener(began, forget, { capture: true, passive: true });
    }
}

/* Two accounts alone are not blown up until they fill the frame. */
function settle(graph) {
    if (graph.zoom() > 1.3) graph.zoom(1.3);
    graph.center();
}

/* Forces for what a person can take in; for a crowd a spiral, the nearest inmost, at once. */
function layoutFor(elements, accounts) {
    if (accounts <= 60) {
        return { name: "cose", animate: false, randomize: false, numIter: 600, padding: 40,
            nodeRepulsion: () => 40000, idealEdgeLength: () => 80, nodeOverlap: 30 };
    }
    return { name: "preset", positions: spiral(elements), padding: 40 };
}

/* The seeds of a sunflower: equal room for each, in the order in which they were found. */
function spiral(elements) {
    const positions = {};
    const around = (radius, turn) => ({ x: radius * Math.cos(turn), y: radius * Math.sin(turn) });
    const of = (type, party) => elements.map((each) => each.data)
        .filter((said) => said.type === type && Boolean(said.party) === party);
    of("account", true).forEach((said, n) => { positions[said.id] = around(30 * n, 0); });
    const identifiers = of("identifier", false);
    identifiers.forEach((said, n) => {
        const ring = 90 + 40 * Math.floor(n / 12);
        positions[said.id] = around(ring, 2 * Math.PI * n / Math.min(12, identifiers.length) - 1.2);
    });
    const begin = Math.pow((identifiers.length ? 130 + 40 * Math.floor(identifiers.length / 12) : 60) / 18, 2);
    of("account", false).forEach((said, n) => {
        positions[said.id] = around(18 * Math.sqrt(begin + n), n * Math.PI * (3 - Math.sqrt(5)));
    });
    return positions;
}

function tools(frame, graph) {
    frame.addEventListener("click", (event) => {
        const button = event.target.closest("[data-graph-do]");
        if (!button) return;
        if (button.dataset.graphDo === "fit") {
            graph.fit(undefined, 40);
            settle(graph);
            return;
        }
        const factor = button.dataset.graphDo === "in" ? 1.3 : 1 / 1.3;
        graph.zoom({ level: graph.zoom() * factor,
            renderedPosition: { x: graph.width() / 2, y: graph.height() / 2 } });
    });
}

function details(graph) {
    const panel = document.getElementById("graph-details");
    const blank = panel.innerHTML;
    graph.on("tap", (event) => {
        graph.elements().removeClass("faint chosen");
        if (event.target === graph || !event.target.isNode()) {
            panel.innerHTML = blank;
            return;
        }
        const node = event.target;
        graph.elements().difference(node.closedNeighborhood()).addClass("faint");
        node.addClass("chosen");
        panel.replaceChildren(...(node.data("type") === "account" ? account(node) : identifier(node)));
    });
}

function line(text, kind = "p", name = "") {
    const element = document.createElement(kind);
    element.textContent = text;
    if (name) element.className = name;
    return element;
}

function account(node) {
    const said = node.data();
    const words = document.getElementById("graph").dataset;
    const parts = [line(said.label, "h3")];
    parts.push(line(`${said.status}, ${words.since} ${said.since}`, "p", "soft small"));
    if (said.standing !== "normal") parts.push(line(said.standing_word, "p", "minus"));
    if (said.frauds) parts.push(line(`${words.frauds}: ${said.frauds}`, "p", "minus"));
    if (said.cases) parts.push(line(`${words.cases}: ${said.cases}`));
    if (said.open) parts.push(line(`${words.open}: ${said.open}`));
    const list = document.createElement("ul");
    for (const each of [...said.shares, ...said.invitations]) list.append(line(each, "li"));
    parts.push(list);
    const link = line(words.statement, "a", "link");
    link.href = said.address;
    parts.push(link);
    return parts;
}

function identifier(node) {
    const said = node.data();
    const words = document.getElementById("graph").dataset;
    const parts = [line(said.label, "h3"), line(`${words.accounts}: ${said.accounts}`)];
    if (said.blocked) parts.push(line(words.blocked, "p", "minus"));
    return parts;
}
