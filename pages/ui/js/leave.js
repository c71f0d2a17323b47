export default function ({ data }) {
  window.location.assign(data.url);
}
