// What server/static/page_keep.js keeps in the browser, kept nowhere: of a file from disk, what one page keeps every
// other page from that disk could read.

export class Shelf {
  async restore() { return []; }
  async keep() {}
  async update() {}
  async drop() {}
  async clear() {}
}
