// What can go wrong with a photograph, in words; and how files are saved.

const WORDS = {
  no_image: "This file is empty.",
  unsupported_media: "This is no photograph that can be read: JPEG, PNG, WebP, TIFF, HEIC, AVIF, GIF and BMP can.",
  unreadable_image: "This photograph cannot be judged",
  body_too_large: "This file is too large for the service",
  too_many_pixels: "This photograph has too many pixels for the service",
  unauthorised: "The service wants a token before it looks at photographs.",
  shutting_down: "The service is being stopped.",
  timeout: "The service took too long.",
  gone: "The service does not answer. Is it still running?",
  unreadable_file: "This file can no longer be read: it was moved, changed or deleted. Add it again.",
};

const PASSING = new Set(["busy", "shutting_down", "timeout", "internal", "unauthorised", "body_too_slow", "gone"]);

/** A request that failed; `code` is the service's word for it, or "gone". The message is for people. */
export class Problem extends Error {
  constructor(code, detail = "") {
    const words = WORDS[code] ?? "";
    super(words.endsWith(".") ? words : words && detail ? `${words}: ${detail}.` : `${words || detail}.`);
    this.code = code;
    this.passes = PASSING.has(code); // whether the same photo may fare better later
  }
}

/** Have the browser save what a response or a text holds. */
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
