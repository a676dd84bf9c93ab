// The components of TDesign that the console uses, each with its styles.
import 'tdesign-vue-next/es/style/index.css'
export { Button } from 'tdesign-vue-next/es/button'
export { Tag } from 'tdesign-vue-next/es/tag'
export { Alert } from 'tdesign-vue-next/es/alert'
export { Skeleton } from 'tdesign-vue-next/es/skeleton'
import 'tdesign-vue-next/es/input/style/index.css'
import 'tdesign-vue-next/es/textarea/style/index.css'
