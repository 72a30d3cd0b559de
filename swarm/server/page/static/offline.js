// Comes back as soon as the server answers again.
setInterval(async () => {
  try {
    await fetch(location.href, {method: "HEAD", cache: "no-store"});
    location.reload();
  } catch { /* still away */ }
}, 3000);
