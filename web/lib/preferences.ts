/** What a visitor chooses about the looks; kept in cookies so that the server's first paint is right already. */
export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];
export const DENSITIES = ['compact', 'comfortable'] as const;
export type Density = (typeof DENSITIES)[number];
export const RAILS = ['wide', 'narrow'] as const;
export type Rail = (typeof RAILS)[number];

/** Remembers a choice for a year. */
export function remember(name: 'sotp_theme' | 'sotp_density' | 'sotp_rail', value: string): void {
  document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax`;
}

/** Changes the theme at once and for the next visits. */
export function chooseTheme(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme;
  remember('sotp_theme', theme);
  window.dispatchEvent(new Event('sotp:theme'));
}

/** Changes the row height at once and for the next visits. */
export function chooseDensity(density: Density): void {
  document.documentElement.dataset['density'] = density;
  remember('sotp_density', density);
}
