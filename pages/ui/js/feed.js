// Hands on what is read. The component that draws it may come later than this: it looks here first.
export default function ({ data }) {
  document.moodring = data;
  document.dispatchEvent(new CustomEvent("moodring-reading", { detail: data }));
  return () => {
    document.moodring = null;
  };
}
