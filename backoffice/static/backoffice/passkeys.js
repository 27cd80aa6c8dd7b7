/* Says on the page what a passkey could not do; allauth says it to the console alone. */
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  document.getElementById("bo-passkey-failed").hidden = false;
});
