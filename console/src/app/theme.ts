// The look: quiet greys with one accent, 14 px text, small radii. Colours of surfaces and lines are in surfaces.css.

import { createTheme, type MantineColorsTuple } from '@mantine/core'

// First what the system has that is good at Korean, then the bundled one, of which only the needed slices are loaded.
const fontFamily =
  "'Inter Variable', 'Pretendard Variable', Pretendard, 'Apple SD Gothic Neo', 'Noto Sans KR Variable', 'Malgun Gothic', system-ui, sans-serif"

const accent: MantineColorsTuple = [
  '#eef0ff',
  '#dfe3ff',
  '#bcc4fb',
  '#96a2f5',
  '#8391f3',
  '#6675ea',
  '#4d5ee0',
  '#3f51d6',
  '#3444b8',
  '#2a3796',
]

const gray: MantineColorsTuple = [
  '#f7f8fa',
  '#eff1f4',
  '#e3e6eb',
  '#d0d5dd',
  '#b1b8c4',
  '#8a93a3',
  '#5f6878',
  '#4a5262',
  '#333a48',
  '#1d2330',
]

const dark: MantineColorsTuple = [
  '#e4e7ec',
  '#c3c9d4',
  '#a0a8b7',
  '#6b7486',
  '#343c4a',
  '#28303d',
  '#1d2430',
  '#131820',
  '#0f131a',
  '#0a0d12',
]

export const theme = createTheme({
  fontFamily,
  fontFamilyMonospace:
    "ui-monospace, SFMono-Regular, 'SF Mono', Menlo, Consolas, 'Liberation Mono', 'DejaVu Sans Mono', 'Noto Sans KR Variable', monospace",
  headings: { fontFamily, fontWeight: '650' },
  colors: { accent, gray, dark },
  primaryColor: 'accent',
  primaryShade: { light: 7, dark: 6 },
  autoContrast: true,
  defaultRadius: 6,
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  lineHeights: { xs: '1.45', sm: '1.5', md: '1.5', lg: '1.5', xl: '1.4' },
  spacing: { xs: '0.5rem', sm: '0.75rem', md: '1rem', lg: '1.5rem', xl: '2rem' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'sm' } },
    TextInput: { defaultProps: { size: 'sm' } },
    PasswordInput: { defaultProps: { size: 'sm' } },
    NumberInput: { defaultProps: { size: 'sm' } },
    Textarea: { defaultProps: { size: 'sm' } },
    Select: { defaultProps: { size: 'sm', checkIconPosition: 'right' } },
    Modal: {
      defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.45 } },
      styles: { title: { fontSize: '1rem', fontWeight: 600 } },
    },
    // Its placeholder is no item, which a screen reader stumbles over; the first item takes the focus.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    Tooltip: {
      defaultProps: { openDelay: 300, events: { hover: true, focus: true, touch: true } },
    },
  },
})
