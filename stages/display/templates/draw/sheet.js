// The sheet that one draws on: strokes in the unit square, or a picture, or one of the data set's images. Nothing is lost:
// `undo` goes back one step, also from a cleared sheet or a dropped picture.

const PEN = 0.08, PAPER = "#fff", INK = "#000", PIXELS = 168;  // a pen as wide, in the sheet, as MNIST's in its images

class Sheet {
  constructor(screen, changed) {
    this.screen = screen;
    this.paper = canvasOf(PIXELS, PIXELS);  // what the network is asked about, and what is saved
    this.content = { strokes: [] };
    this.past = [];
    this.changed = changed;  // is called with whether a stroke is being drawn
    this.listen();
    new ResizeObserver(() => this.paint()).observe(screen);
  }

  get isEmpty() { return !this.content.strokes?.length && !this.content.picture && !this.content.image; }

  show(content) {
    this.past.push(this.content);
    this.content = content;
    this.paint();
    this.changed(false);
  }

  undo() {
    if (!this.past.length) return;
    this.content = this.past.pop();
    this.paint();
    this.changed(false);
  }

  begin(point) {
    this.past.push(this.content);
    this.content = { strokes: [...this.content.strokes ?? [], [point]] };
    this.extend([]);
  }

  extend(points) {
    this.content.strokes.at(-1).push(...points);
    this.paint();
    this.changed(true);
  }

  listen() {
    const place = event => {
      const box = this.screen.getBoundingClientRect();
      return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    };
    let pen = null;
    this.screen.addEventListener("pointerdown", event => {
      if (pen !== null || event.button > 0) return;
      pen = event.pointerId;
      this.screen.setPointerCapture(pen);
      this.begin(place(event));
    });
    this.screen.addEventListener("pointermove", event => {
      if (event.pointerId !== pen) return;
      const events = event.getCoalescedEvents?.() ?? [];  // all that a fast pen has sent since the last one
      this.extend((events.length ? events : [event]).map(place));
    });
    for (const end of ["pointerup", "pointercancel"])
      this.screen.addEventListener(end, event => {
        if (event.pointerId !== pen) return;
        pen = null;
        this.changed(false);
      });
    this.listenToKeys();
  }

  // The arrows move a pen, which space lowers and lifts.
  listenToKeys() {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    this.cursor = [0.5, 0.3];
    this.isDown = false;
    this.screen.addEventListener("keydown", event => {
      if (event.key === " ") {
        this.isDown = !this.isDown;
        if (this.isDown) this.begin(this.cursor);
        else this.changed(false);
      } else if (event.key in moves) {
        this.cursor = this.cursor.map((v, i) => Math.min(Math.max(v + moves[event.key][i] / SIDE, 0.1), 0.9));
        if (this.isDown && this.content.strokes?.length) this.extend([this.cursor]);
        else this.paint();
      } else return;
      event.preventDefault();
    });
    this.screen.addEventListener("blur", () => { this.isDown = false; this.paint(); });
    this.screen.addEventListener("focus", () => this.paint());
  }

  // The picture's own pixels, or those of the paper.
  get source() { return this.content.picture ?? this.paper; }

  pixels() {
    return this.source.getContext("2d").getImageData(0, 0, this.source.width, this.source.height);
  }

  paint() {
    const size = Math.round(this.screen.clientWidth * devicePixelRatio);
    if (this.screen.width !== size) this.screen.width = this.screen.height = size;
    for (const canvas of [this.paper, this.screen]) this.paintOn(canvas.getContext("2d"), canvas.width);
    if (this.screen.matches(":focus-visible")) this.paintCursor(this.screen.getContext("2d"), size);
  }

  paintOn(context, size) {
    const { strokes, picture, image } = this.content;
    context.fillStyle = PAPER;
    context.fillRect(0, 0, size, size);
    if (picture) {
      const scale = size / Math.max(picture.width, picture.height), w = picture.width * scale, h = picture.height * scale;
      context.imageSmoothingEnabled = scale < 4;
      context.drawImage(picture, (size - w) / 2, (size - h) / 2, w, h);
    } else if (image) {
      const side = Math.sqrt(image.length), dot = size / side;
      image.forEach((v, i) => {
        const x = i % side, y = Math.floor(i / side), level = Math.round(255 * (1 - v));
        context.fillStyle = `rgb(${level} ${level} ${level})`;
        context.fillRect(Math.floor(x * dot), Math.floor(y * dot), Math.ceil(dot), Math.ceil(dot));
      });
    } else strokes.forEach(stroke => paintStroke(context, size, stroke));
  }

  paintCursor(context, size) {
    context.strokeStyle = "#888";
    context.lineWidth = size / 140;
    context.setLineDash(this.isDown ? [] : [size / 70, size / 70]);
    context.beginPath();
    context.arc(this.cursor[0] * size, this.cursor[1] * size, PEN * size / 2, 0, 2 * Math.PI);
    context.stroke();
    context.setLineDash([]);
  }
}

// A smooth line through the points: curves from middle to middle between them.
function paintStroke(context, size, points) {
  const [first, ...rest] = points.map(([x, y]) => [x * size, y * size]);
  Object.assign(context, { strokeStyle: INK, lineWidth: PEN * size, lineCap: "round", lineJoin: "round" });
  context.beginPath();
  context.moveTo(...first);
  rest.slice(0, -1).forEach(([x, y], i) => context.quadraticCurveTo(x, y, (x + rest[i + 1][0]) / 2, (y + rest[i + 1][1]) / 2));
  context.lineTo(...rest.at(-1) ?? [first[0] + 0.01, first[1]]);
  context.stroke();
}

function canvasOf(width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d", { willReadFrequently: true });
  return canvas;
}
