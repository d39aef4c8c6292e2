// Shows the OpenAPI document. The page asks no other host for anything, and never sends a request to the API.
Scalar.createApiReference("#reference", {
  url: document.querySelector("#reference").dataset.document,
  defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
  hideTestRequestButton: true,
  hideClientButton: true,
  showDeveloperTools: "never",
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
});
