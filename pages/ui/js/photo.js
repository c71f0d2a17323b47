// The picture is shown from the visitor's own file, here, and forgotten with the next one or with the page.
const INPUT = ".st-key-photo-input";
const open = (root, told) => {
  const [frame, picture] = [".mr-photo", "img"].map((one) => root.querySelector(one));
  let address = "";
  const forget = () => {
    URL.revokeObjectURL(address);
    address = "";
    picture.removeAttribute("src");
    frame.hidden = true;
  };
  const show = (file) => {
    forget();
    address = URL.createObjectURL(file);
    picture.src = address;
  };
  // Not every browser shows every kind of picture that is read.
  picture.onload = () => {
    frame.hidden = told.data.failed;
  };
  picture.onerror = forget;
  const take = (file) => {
    if (!file) return;
    const fits = !file.type || file.type.startsWith("image/");
    if (fits && file.size <= told.data.bytes) {
      show(file);
      return;
    }
    forget();
    told.refuse(fits ? "size" : "kind");
  };
  const changed = ({ target }) => {
    if (target.matches?.(`${INPUT} input[type="file"]`)) take(target.files[0]);
  };
  const dropped = ({ target, dataTransfer }) => {
    if (target.closest?.(INPUT)) take(dataTransfer?.files[0]);
  };
  // A photo that was taken stands in the page for a moment.
  const watcher = new MutationObserver(() => {
    const taken = document.querySelector(`${INPUT} img`);
    if (taken && taken.src !== picture.src) {
      forget();
      picture.src = taken.src;
    }
  });
  watcher.observe(document.body, { childList: true, subtree: true });
  document.addEventListener("change", changed, true);
  document.addEventListener("drop", dropped, true);
  return () => {
    watcher.disconnect();
    document.removeEventListener("change", changed, true);
    document.removeEventListener("drop", dropped, true);
    forget();
  };
};
export default function ({ parentElement, data, setTriggerValue }) {
  parentElement.moodringTold ??= {};
  const told = Object.assign(parentElement.moodringTold, {
    data,
    refuse: (why) => setTriggerValue("refused", why),
  });
  parentElement.moodringPhoto ??= open(parentElement, told);
  const [frame, picture, corners] = [".mr-photo", "img", ".corners"].map((one) =>
    parentElement.querySelector(one),
  );
  picture.alt = data.words;
  corners.hidden = !data.box;
  // The picture may be here before what was read of it, or of the one before, is told.
  frame.hidden = data.failed || !picture.naturalWidth;
  ["left", "top", "width", "height"].forEach((side, index) => {
    if (data.box) corners.style[side] = `${(data.box[index] * 100).toFixed(1)}%`;
  });
  return () => {
    parentElement.moodringPhoto?.();
    delete parentElement.moodringPhoto;
  };
}
