import type { Attachment } from "../../chat/wire";
import { fileLabel } from "../items/user";
import { h, icon } from "../view/dom";

const MEDIA_TYPES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const LARGEST_PICTURE = 10 * 1024 * 1024;

/** What goes with the next message. */
export class Attachments {
  readonly element = h("div", { class: "attachments" });
  private all: Attachment[] = [];

  constructor(private readonly onProblem: (text: string) => void) {}

  add(attachment: Attachment): void {
    const same = JSON.stringify(attachment);
    if (this.all.some((other) => JSON.stringify(other) === same)) return;
    this.all.push(attachment);
    this.draw();
  }

  /** Gives all away. */
  take(): Attachment[] {
    const taken = this.all;
    this.all = [];
    this.draw();
    return taken;
  }

  /** Takes the pictures out of what is pasted. Says whether there were any. */
  paste(data: DataTransfer | null): boolean {
    const pictures = [...(data?.files ?? [])].filter(({ type }) => type.startsWith("image/"));
    for (const picture of pictures) void this.addPicture(picture);
    return pictures.length > 0;
  }

  private async addPicture(picture: File): Promise<void> {
    if (!MEDIA_TYPES.includes(picture.type)) {
      this.onProblem(`Pictures of the type ${picture.type} cannot be sent; PNG, JPEG, GIF and WebP can.`);
      return;
    }
    if (picture.size > LARGEST_PICTURE) {
      this.onProblem("The picture is larger than 10 MB.");
      return;
    }
    this.add({ type: "image", mediaType: picture.type, data: await base64(picture) });
  }

  private draw(): void {
    this.element.replaceChildren(...this.all.map((attachment) => this.chip(attachment)));
  }

  private chip(attachment: Attachment): HTMLElement {
    const label = attachment.type === "image" ? "Picture" : fileLabel(attachment.path, attachment.range);
    const remove = h("button", { type: "button", class: "chip", title: "Remove" }, icon("close"));
    remove.prepend(
      attachment.type === "image" ? preview(attachment) : icon(attachment.range ? "selection" : "file"),
      label,
    );
    remove.setAttribute("aria-label", `Remove ${label}`);
    remove.addEventListener("click", () => {
      this.all = this.all.filter((other) => other !== attachment);
      this.draw();
    });
    return remove;
  }
}

function preview({ mediaType, data }: Extract<Attachment, { type: "image" }>): HTMLElement {
  const image = h("img", { alt: "" });
  image.src = `data:${mediaType};base64,${data}`;
  return image;
}

function base64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^data:[^,]*,/, ""));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
