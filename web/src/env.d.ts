/// <reference types="vite/client" />
declare module 'tdesign-icons-vue-next/esm/components/*' {
  import type { DefineComponent } from 'vue'
  const icon: DefineComponent<{ size?: string }>
  export default icon
}
