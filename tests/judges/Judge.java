// Every Signature of each file named, by Apache Santuario with secure validation: "<file> <Id> valid|invalid|<fault>".
import java.io.File;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import org.apache.xml.security.Init;
import org.apache.xml.security.signature.XMLSignature;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

public class Judge {
    public static void main(String[] files) throws Exception {
        Init.init();
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        for (String file : files) {
            Document document = factory.newDocumentBuilder().parse(new File(file));
            NodeList all = document.getElementsByTagName("*");
            for (int i = 0; i < all.getLength(); i++) {
                Element element = (Element) all.item(i);
                if (element.hasAttributeNS(null, "Id")) {
                    element.setIdAttributeNS(null, "Id", true);
                }
            }
            NodeList signatures = document.getElementsByTagNameNS("http://www.w3.org/2000/09/xmldsig#", "Signature");
            for (int i = 0; i < signatures.getLength(); i++) {
                Element element = (Element) signatures.item(i);
                String said;
                try {
                    XMLSignature signature = new XMLSignature(element, "", true);
                    boolean valid = signature.checkSignatureValue(signature.getKeyInfo().getX509Certificate());
                    said = valid ? "valid" : "invalid";
                } catch (Exception error) {
                    said = error.getClass().getSimpleName();
                }
                System.out.println(file + " " + element.getAttribute("Id") + " " + said);
            }
        }
    }
}
