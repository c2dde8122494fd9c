import "./trusted";
import "@mantine/core/styles.css";
import "./global.css";
import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { lazy, StrictMode, Suspense } from "react";
import { createRoot } from "react-dom/client";
import { nonce } from "@/lib/nonce";
import { patiently } from "@/lib/patiently";
import { newQueryClient } from "./query-client";
import { newRouter } from "./routes";
import { theme, variables } from "./theme";

/** What is said after a write; nothing is written before the page stands. */
const Notices = lazy(() => patiently(() => import("./Notices")));

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
        <Suspense fallback={null}>
          <Notices />
        </Suspense>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
