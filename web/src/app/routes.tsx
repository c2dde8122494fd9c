import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, redirect } from "@tanstack/react-router";
import { asProblem } from "@/api/problem";
import { environmentsQuery, meQuery, permissionsQuery, projectQuery, projectsQuery } from "@/api/shared-queries";
import type { FeatureRoute } from "@/lib/feature-route";
import { parseSearch, type Search, stringifySearch } from "@/lib/url";
import { featureRoutes } from "./feature-routes";
import { lazyPage } from "./lazy-page";
import { NotFoundPage } from "./NotFoundPage";
import { PageFailure } from "./PageFailure";
import { ProjectLayout } from "./shell/ProjectLayout";
import { RootLayout } from "./shell/RootLayout";

interface Context {
  readonly client: QueryClient;
}

const rootRoute = createRootRouteWithContext<Context>()({
  component: RootLayout,
  notFoundComponent: NotFoundPage,
  errorComponent: PageFailure,
  // Any parameter may stand in an address; each page reads its own and leaves the rest.
  validateSearch: (search: Record<string, unknown>) => search,
});

/** Whoever has no session is led to the sign-in page, and back from there. */
async function signedIn<T>(asked: Promise<T>, href: string): Promise<T> {
  try {
    return await asked;
  } catch (thrown) {
    if (asProblem(thrown).status !== 401) throw thrown;
    throw redirect({ to: "/sign-in", search: (href === "/" ? {} : { next: href }) as never });
  }
}

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "sign-in",
  component: lazyPage(() => import("./SignInPage")),
  staticData: { title: "Sign in" },
});

const resetRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "reset",
  component: lazyPage(() => import("./ResetPage")),
  staticData: { title: "Another password" },
});

const linkRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "link",
  component: lazyPage(() => import("./link/LinkPage")),
  staticData: { title: "Your link" },
});

const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  loader: async ({ context: { client }, location }) => {
    const person = await signedIn(client.ensureQueryData(meQuery), location.href);
    const projects = await client.ensureQueryData(projectsQuery(person.organizations));
    const first = projects[0];
    if (first === undefined) throw redirect({ to: "/start" as string });
    throw redirect({ to: `/p/${encodeURIComponent(first.key)}` });
  },
});

type AnySearch = Record<string, unknown>;

/** The environment stays when the page changes. */
function keepEnvironment(before: AnySearch, after: AnySearch): AnySearch {
  return before.env === undefined || after.env !== undefined ? after : { ...after, env: before.env };
}

const projectRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "p/$project",
  component: ProjectLayout,
  search: { middlewares: [({ search, next }) => keepEnvironment(search, next(search))] },
  loader: async ({ context: { client }, params: { project }, location }) => {
    const asked = Promise.all([
      client.ensureQueryData(meQuery),
      client.ensureQueryData(projectQuery(project)),
      client.ensureQueryData(environmentsQuery(project)),
      client.ensureQueryData(permissionsQuery(project)),
    ]);
    await signedIn(asked, location.href);
  },
});

const projectHomeRoute = createRoute({
  getParentRoute: () => projectRoute,
  path: "/",
  beforeLoad: ({ params: { project } }) => {
    const first =
      featureRoutes.find((each) => each.path === "overview") ?? featureRoutes.find((each) => !each.path.includes("$"));
    if (first !== undefined) throw redirect({ to: `/p/${encodeURIComponent(project)}/${first.path}`, replace: true });
  },
});

/** Begins to read what the page shows while its project is read. What fails here the page asks for again, and tells. */
function readAhead(page: FeatureRoute, client: QueryClient, params: object, search: AnySearch): void {
  const { project = "" } = params as { readonly project?: string };
  const begin = async () => (await page.page()).ahead?.(client, project, search as Search);
  begin().catch(() => undefined);
}

function pageRoute(page: FeatureRoute) {
  const shared = { component: lazyPage(page.page), staticData: { title: page.title } };
  if (!page.path.startsWith("/"))
    return createRoute({
      getParentRoute: () => projectRoute,
      path: page.path,
      loader: ({ context: { client }, params, location: { search } }) => readAhead(page, client, params, search),
      ...shared,
    });
  return createRoute({
    getParentRoute: () => rootRoute,
    path: page.path.slice(1),
    loader: async ({ context: { client }, location }) => {
      await signedIn(client.ensureQueryData(meQuery), location.href);
    },
    ...shared,
  });
}

const within = featureRoutes.filter((each) => !each.path.startsWith("/")).map(pageRoute);
const outside = featureRoutes.filter((each) => each.path.startsWith("/")).map(pageRoute);

const routeTree = rootRoute.addChildren([
  signInRoute,
  resetRoute,
  linkRoute,
  homeRoute,
  ...outside,
  projectRoute.addChildren([projectHomeRoute, ...within]),
]);

export function newRouter(client: QueryClient) {
  return createRouter({
    routeTree,
    context: { client },
    parseSearch,
    stringifySearch,
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    defaultPendingMs: 150,
    defaultErrorComponent: PageFailure,
    defaultNotFoundComponent: NotFoundPage,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface StaticDataRouteOption {
    title?: string;
  }
}
