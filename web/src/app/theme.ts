/** The look: one theme for Mantine, and the variables that our own styles use. */

import {
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from "@mantine/core";

/** Text, hints, borders and surfaces of the dark scheme. */
const dark: MantineColorsTuple = [
  "#e8ebef",
  "#d3d8de",
  "#b4bbc3",
  "#8f979f",
  "#3a404a",
  "#2d323b",
  "#20242b",
  "#16181d",
  "#111317",
  "#0c0e11",
];

/** What a message means, by Mantine's colours: its own grounds are loud on the dark page, and its words too dark there. */
const MEANINGS: Readonly<Record<string, string>> = {
  red: "problem",
  orange: "caution",
  yellow: "caution",
  green: "good",
  teal: "good",
};

/** Mantine has one red for the words of both schemes, too dark on the dark ground: what undoes says it in ours. */
const variantColors: VariantColorsResolver = (input) => {
  const colors = defaultVariantColorsResolver(input);
  const meaning = MEANINGS[input.color ?? ""];
  if (input.variant === "light" && meaning !== undefined)
    return {
      background: `var(--${meaning}-surface)`,
      hover: `var(--${meaning}-surface)`,
      color: `var(--${meaning})`,
      border: `1px solid color-mix(in srgb, var(--${meaning}) 40%, transparent)`,
    };
  if (input.color !== "red" || (input.variant !== "outline" && input.variant !== "subtle")) return colors;
  return {
    background: "transparent",
    hover: "var(--problem-surface)",
    color: "var(--problem)",
    border: `1px solid ${input.variant === "outline" ? "var(--problem)" : "transparent"}`,
  };
};

export const theme = createTheme({
  variantColorResolver: variantColors,
  primaryColor: "indigo",
  primaryShade: { light: 8, dark: 8 },
  colors: { dark },
  black: "#1a1d21",
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: "0.75rem", sm: "0.875rem", md: "1rem", lg: "1.25rem", xl: "1.5rem" },
  lineHeights: { xs: "1.4", sm: "1.45", md: "1.5", lg: "1.4", xl: "1.3" },
  spacing: { xxs: "0.25rem", xs: "0.5rem", sm: "0.75rem", md: "1rem", lg: "1.5rem", xl: "2rem" },
  radius: { xs: "0.25rem", sm: "0.375rem", md: "0.375rem", lg: "0.375rem", xl: "0.375rem" },
  defaultRadius: "sm",
  cursorType: "pointer",
  respectReducedMotion: true,
  headings: {
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "1.5rem", lineHeight: "1.3" },
      h2: { fontSize: "1.25rem", lineHeight: "1.35" },
      h3: { fontSize: "1rem", lineHeight: "1.4" },
      h4: { fontSize: "0.875rem", lineHeight: "1.4" },
    },
  },
  components: {
    Text: { defaultProps: { size: "sm" } },
    // A light alert's own title has too little contrast on its ground; the icon and the ground keep the colour.
    Alert: { styles: { title: { color: "var(--mantine-color-text)" } } },
    // Its own grey is too light for the words of a message.
    Notification: { styles: { description: { color: "var(--mantine-color-dimmed)" } } },
    Modal: {
      defaultProps: { centered: false, closeButtonProps: { "aria-label": "Close" } },
      styles: { title: { fontWeight: 600 } },
    },
    Drawer: { defaultProps: { closeButtonProps: { "aria-label": "Close" } } },
    Tooltip: {
      defaultProps: { multiline: true, maw: 320, openDelay: 150, events: { hover: true, focus: true, touch: true } },
    },
    Menu: { defaultProps: { shadow: "md" } },
    Popover: { defaultProps: { shadow: "md" } },
    CloseButton: { defaultProps: { "aria-label": "Close" } },
    // Wider than its place, as on a phone, it goes on in another line.
    SegmentedControl: { styles: { root: { maxWidth: "100%", flexWrap: "wrap" } } },
    NumberInput: { defaultProps: { hideControls: true } },
  },
});

/** Light and dark values of what Mantine has no name for; `docs` of the names stand beside the rules that use them. */
export const variables: CSSVariablesResolver = () => ({
  variables: {
    "--row": "48px",
    "--row-compact": "36px",
  },
  light: {
    "--mantine-color-body": "#ffffff",
    "--mantine-color-dimmed": "#5c636a",
    "--mantine-color-placeholder": "#6a717a",
    "--mantine-color-disabled-color": "#6a717a",
    "--mantine-color-error": "var(--problem)",
    "--mantine-color-anchor": "var(--link)",
    // Under the pointer a quiet button's words keep their contrast; Mantine's own ground is darker.
    "--mantine-color-indigo-light-hover": "#d0daff",
    "--surface-raised": "#ffffff",
    "--surface-sunken": "#f6f7f9",
    "--surface-hover": "#f1f3f6",
    "--surface-selected": "#edf2ff",
    "--border": "#dde1e6",
    "--border-strong": "#868e96",
    "--better": "#0b62c4",
    "--worse": "#b3410a",
    "--unclear": "#5c636a",
    "--problem": "#c92a2a",
    "--problem-surface": "#fff5f5",
    "--caution": "#8a5a00",
    "--caution-surface": "#fff8e6",
    "--good": "#1c7a3a",
    "--good-surface": "#edf9f0",
    "--link": "#364fc7",
    "--variation-0": "#3b4148",
    "--variation-1": "#0954cc",
    "--variation-2": "#835e12",
    "--variation-3": "#3095ef",
    "--variation-4": "#c07f7e",
  },
  dark: {
    "--mantine-color-body": "#16181d",
    "--mantine-color-dimmed": "#a7aeb5",
    "--mantine-color-placeholder": "#8f979f",
    "--mantine-color-disabled-color": "#8f979f",
    "--mantine-color-error": "var(--problem)",
    "--mantine-color-anchor": "var(--link)",
    "--surface-raised": "#1b1e24",
    "--surface-sunken": "#111317",
    "--surface-hover": "#22262e",
    "--surface-selected": "#1f2a4d",
    "--border": "#30363f",
    "--border-strong": "#7b838c",
    "--better": "#6aaeff",
    "--worse": "#ff9a5c",
    "--unclear": "#a7aeb5",
    "--problem": "#ff8787",
    "--problem-surface": "#2c1a1c",
    "--caution": "#ffc658",
    "--caution-surface": "#2b2415",
    "--good": "#69db8b",
    "--good-surface": "#15271b",
    "--link": "#91a7ff",
    "--variation-0": "#c1c7cd",
    "--variation-1": "#659bfc",
    "--variation-2": "#ff9f1f",
    "--variation-3": "#4263b1",
    "--variation-4": "#a16c37",
  },
});
