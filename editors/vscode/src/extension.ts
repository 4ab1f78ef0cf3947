// Starts `zr4lint lsp` and connects it to the editor; everything else is in the server.

import { commands, type ExtensionContext, window, workspace } from "vscode";
import { LanguageClient, type LanguageClientOptions, type ServerOptions } from "vscode-languageclient/node";

const SELECTOR = [
  { scheme: "file", language: "dockerfile" },
  { scheme: "untitled", language: "dockerfile" },
  { scheme: "file", language: "toml" },
  { scheme: "file", pattern: "**/*Dockerfile*" },
  { scheme: "file", pattern: "**/*.toml" },
  { scheme: "file", language: "markdown" },
];

let client: LanguageClient | undefined;

/** What the server is told of the settings. */
function settings(): { configuration: string } {
  return { configuration: workspace.getConfiguration("zr4lint").get<string>("configuration", "") };
}

async function start(): Promise<void> {
  const [command = "zr4lint", ...args] = workspace.getConfiguration("zr4lint").get<string[]>("command", []);
  const server: ServerOptions = { command, args };
  const options: LanguageClientOptions = {
    documentSelector: SELECTOR,
    initializationOptions: settings(),
    synchronize: { configurationSection: "zr4lint" },
  };
  client = new LanguageClient("zr4lint", "zr4lint", server, options);
  try {
    await client.start();
  } catch (error) {
    const install = 'Install it with pip install "zr4lint[lsp]", or set zr4lint.command.';
    void window.showErrorMessage(`${command} could not be started: ${String(error)}. ${install}`);
  }
}

async function stop(): Promise<void> {
  const running = client;
  client = undefined;
  if (running?.needsStop()) {
    await running.stop();
  }
}

export async function activate(context: ExtensionContext): Promise<void> {
  const restart = async (): Promise<void> => {
    await stop();
    await start();
  };
  context.subscriptions.push(
    commands.registerCommand("zr4lint.restart", restart),
    workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration("zr4lint.command")) {
        await restart();
      }
    }),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  await stop();
}
