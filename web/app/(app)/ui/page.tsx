import type { Metadata } from 'next';
import { Gallery } from '#features/gallery/Gallery.tsx';

export const metadata: Metadata = { title: 'Parts', robots: { index: false } };

export default function GalleryPage() {
  return <Gallery />;
}
