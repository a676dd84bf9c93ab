import vue from '@vitejs/plugin-vue'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  plugins: [vue()],
  resolve: {
    alias: [
      { find: '@', replacement: here('./src') },
      // TDesign asks for a handful of 2,300 icons through one file that names them all.
      { find: /^tdesign-icons-vue-next$/, replacement: here('./src/ui/icons.ts') },
    ],
  },
  define: { __VUE_OPTIONS_API__: true, __INTLIFY_PROD_DEVTOOLS__: false },
  // The guide's pictures stand in docs/.
  server: { fs: { allow: [here('..')] } },
  build: {
    target: 'es2020',
    outDir: 'dist',
    assetsInlineLimit: 0, // nothing as data: in scripts or styles
    modulePreload: { polyfill: false }, // it would be an inline script
    cssCodeSplit: true,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
  },
})
