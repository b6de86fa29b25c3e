// Ink -> the digits among its marks, as stages/pictures (marks.py, groups.py, rows.py) tells them. A mark is a piece of ink that
// hangs together: its numbers in the map of labels, its area, and its box, the ends excluded.

const STRIP = 0.06, SPECK = 0.03, PART = 0.01, MOST = 600, LARGE = 0.8, SMALL = 0.5, APART = 0.25, BESIDE = 0.06, BARS = 4, UNDER = 0.12;

class Mark {
  constructor(labels, area, top, bottom, left, right) {
    Object.assign(this, { labels, area, top, bottom, left, right });
  }
  get height() { return this.bottom - this.top; }
  get width() { return this.right - this.left; }
  get size() { return Math.max(this.height, this.width); }
  get density() { return this.area / (this.height * this.width); }
  encloses(o) { return this.top < o.top && o.bottom < this.bottom && this.left < o.left && o.right < this.right; }
  joined(o) {
    return new Mark([...this.labels, ...o.labels], this.area + o.area, Math.min(this.top, o.top), Math.max(this.bottom, o.bottom),
      Math.min(this.left, o.left), Math.max(this.right, o.right));
  }
}

// Number the pieces of a mask from 1, in reading order; pixels that touch at a corner belong together.
function labelled(mask, height, width) {
  const labels = new Int32Array(mask.length), marks = [];
  for (let start = 0; start < mask.length; start++) {
    if (!mask[start] || labels[start]) continue;
    const mark = new Mark([marks.length + 1], 0, height, 0, width, 0), open = [start];
    labels[start] = marks.push(mark);
    while (open.length) {
      const i = open.pop(), y = Math.floor(i / width), x = i % width;
      mark.area++;
      [mark.top, mark.bottom] = [Math.min(mark.top, y), Math.max(mark.bottom, y + 1)];
      [mark.left, mark.right] = [Math.min(mark.left, x), Math.max(mark.right, x + 1)];
      for (let j = Math.max(y - 1, 0); j <= Math.min(y + 1, height - 1); j++)
        for (let k = Math.max(x - 1, 0); k <= Math.min(x + 1, width - 1); k++)
          if (mask[j * width + k] && !labels[j * width + k]) {
            labels[j * width + k] = mark.labels[0];
            open.push(j * width + k);
          }
    }
  }
  return { labels, marks };
}

// The rows of digits among the marks, how much of the ink they are, and whether nothing but specks is beside them.
function found({ labels, marks }, height, width) {
  let other = 0, isPlain = true, likely = [];
  for (const mark of marks) {
    const along = alongEdge(mark, labels, height, width);
    if (mark.size < SPECK * Math.min(height, width)) other += mark.area / 2;
    else if (isEdge(mark, height, width) || isFrame(mark, along, height, width)) isPlain = false;
    else if (along > 0.35 && !isCut(mark, marks, along, height, width)) {  // the paper was taken for the ink
      isPlain = false;
      other += mark.area;
    } else likely.push(mark);
  }
  if (likely.length > MOST) return { rows: [], cover: 0, isPlain: false };
  const solid = likely.filter(mark => mark.density > 0.95);
  const upright = solid.filter(mark => solid.filter(o => Math.abs(mark.bottom - o.bottom) <= 1).length >= BARS);
  const drawn = likely.filter(mark => upright.includes(mark) || isBox(mark, likely) || isUnderline(mark, likely));
  likely = likely.filter(mark => !drawn.includes(mark));
  const least = PART * Math.max(0, ...likely.map(mark => mark.area));
  const groups = grouped(likely.filter(mark => mark.area >= least));
  const tallest = Math.max(0, ...groups.map(group => group.size));
  const digits = groups.filter(group => group.size >= SMALL * tallest);
  const area = digits.reduce((total, digit) => total + digit.area, 0);
  other += likely.reduce((total, mark) => total + mark.area, 0) - area;
  const isLarge = digits.some(({ area, density, height: h, width: w, size }) => area > 0.2 * labels.length && density > 0.45 &&
    !((h > 0.9 * height && w > 0.9 * width) || size > 2 * Math.min(h, w)));
  return { rows: inRows(digits), cover: area ? area / (area + other) * (isLarge ? LARGE : 1) : 0, isPlain: isPlain && !drawn.length };
}

function isEdge({ top, bottom, left, right, height: h, width: w }, height, width) {  // a strip along an edge of the picture
  return ((top <= 1 || bottom >= height - 1) && h < STRIP * height && w > 3 * h) ||
    ((left <= 1 || right >= width - 1) && w < STRIP * width && h > 3 * w);
}

function isFrame(mark, along, height, width) {
  return mark.height > 0.85 * height && mark.width > 0.85 * width && mark.density < 0.2 && along > 0.2;
}

function isCut(mark, marks, along, height, width) {  // a digit in a picture that is cut to it
  const all = marks.reduce((total, other) => total + other.area, 0);
  return mark.height === height && mark.width === width && mark.area > 0.95 * all && along < 1.2;
}

function alongEdge({ labels: [own] }, labels, height, width) {  // pixels along the edge, as a share of half of it
  let count = 0;
  for (let x = 0; x < width; x++) count += (labels[x] === own) + (labels[(height - 1) * width + x] === own);
  for (let y = 0; y < height; y++) count += (labels[y * width] === own) + (labels[(y + 1) * width - 1] === own);
  return count / (height + width);
}

function isBox(mark, marks) {  // a thin line around another mark that is about as large
  return mark.density < 0.35 && marks.some(other => mark.encloses(other) && other.height >= 0.35 * mark.height);
}

function isUnderline(mark, marks) {  // a bar under a digit that is wider than it, and no top stroke of a 5 or a 7
  if (mark.width < 5 * mark.height) return false;
  const tall = marks.filter(other => other.height > 3 * mark.height && oneAboveOther(mark, other) > 0.5);
  const above = tall.filter(other => mark.top >= other.bottom && mark.top - other.bottom < other.height);
  const below = tall.some(other => other.top - mark.bottom + 1 >= 0 && other.top - mark.bottom + 1 <= UNDER * other.height);
  return above.length > 0 && above.every(other => mark.width > Math.max(other.width, 0.5 * other.height)) && !below;
}

// Join the marks that are one digit together: a 5 and its bar, a 4 of two strokes.
function grouped(marks) {
  const groups = [];
  for (const mark of [...marks].sort((a, b) => b.area - a.area)) {
    const place = groups.findIndex(group => areOne(group, mark));
    if (place < 0) groups.push(mark);
    else groups[place] = groups[place].joined(mark);
  }
  return groups.length === marks.length ? groups : grouped(groups);  // what has grown may reach what it did not before
}

function areOne(group, mark) {  // whether the smaller one lies above, below, inside of, or very near the group's own
  const beside = Math.min(group.right, mark.right) - Math.max(group.left, mark.left);  // overlap; below 0 it is a gap
  const above = Math.min(group.bottom, mark.bottom) - Math.max(group.top, mark.top);
  const isTall = mark.height > 0.6 * group.height;
  if (isTall && above > 0.5 * mark.height) return beside > 0.4 * Math.min(group.width, mark.width);
  return beside >= -BESIDE * group.size && above >= -Math.max(2, (isTall ? 0.08 : APART) * group.size);
}

// In the order in which they are read: each digit belongs to the row whose end it overlaps most.
function inRows(digits) {
  const rows = [];
  for (const digit of [...digits].sort((a, b) => a.left - b.left)) {
    const fits = rows.map(row => inRow(row.slice(-3), digit)), best = Math.max(0, ...fits);
    if (best > 0) rows[fits.indexOf(best)].push(digit);
    else rows.push([digit]);
  }
  const middle = row => row.reduce((total, digit) => total + digit.top + digit.bottom, 0) / row.length;
  return rows.sort((a, b) => middle(a) - middle(b));
}

function inRow(end, digit) {
  const overlap = Math.max(...end.map(other => shared(other.top, other.bottom, digit.top, digit.bottom)));
  const isStacked = end.some(other => oneAboveOther(other, digit) > 0.5);
  return overlap > 0.25 && (overlap > 0.5 || !isStacked) ? overlap : 0;
}

function oneAboveOther(a, b) {
  return shared(a.left, a.right, b.left, b.right);
}

function shared(start, end, otherStart, otherEnd) {  // overlap of two intervals, as a share of the shorter one
  return (Math.min(end, otherEnd) - Math.max(start, otherStart)) / Math.min(end - start, otherEnd - otherStart);
}
