import "./trusted";
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./global.css";
import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { nonce } from "@/lib/nonce";
import { newQueryClient } from "./query-client";
import { newRouter } from "./routes";
import { theme, variables } from "./theme";

const client = newQueryClient();
const router = newRouter(client);
const colorScheme = localStorageColorSchemeManager({ key: "verdict-theme" });
const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      defaultColorScheme="auto"
      colorSchemeManager={colorScheme}
      {...(nonce === "" ? {} : { getStyleNonce: () => nonce })}
    >
      <QueryClientProvider client={client}>
        <Notifications position="bottom-right" limit={4} zIndex={1000} />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
