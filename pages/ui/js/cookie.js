export default function ({ data }) {
  const age = data.age === null ? "" : `; Max-Age=${data.age}`;
  const kind = location.protocol === "https:" ? data.secure : data.plain;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API works over HTTPS only
  document.cookie = `${data.name}=${data.value}; Path=/; ${kind}${age}`;
}
